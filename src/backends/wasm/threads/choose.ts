import { platform } from '#platform'
import { ArgumentError, UnsupportedError } from '../../../errors.ts'
import { MAX_THREADS } from './max-threads.ts'

export interface ThreadOptions {
  /**
   * How many threads compute, 1 to 64; unless said otherwise as many as there are cores, 8 at most.
   * With 1 the caller's thread computes, in slices with turns for others in between. With more,
   * workers compute, and the caller's thread only waits for their messages.
   */
  threads?: number | undefined
  /**
   * Whether the caller's thread computes as one of the threads, and does nothing else meanwhile: good
   * for a command or a worker of your own, bad for a server or a page. A browser's main thread can't.
   */
  blocking?: boolean | undefined
}

export interface ThreadChoice {
  readonly count: number
  readonly blocking: boolean
  readonly reason: string
}

/**
 * Beyond so many, threads help little: a record of a small model takes some ten microseconds, all
 * wait for the slowest core at its end, and large models wait for memory instead.
 */
const ENOUGH = 8

let warned = false

/**
 * How many threads, and why.
 * @throws ArgumentError for a number that is none; UnsupportedError where this thread may not block
 */
export async function chooseThreads(options: ThreadOptions): Promise<ThreadChoice> {
  const { threads: wanted, blocking = false } = options
  if (
    wanted !== undefined &&
    !(Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= MAX_THREADS)
  ) {
    throw new ArgumentError(
      `threads must be a whole number from 1 to ${MAX_THREADS}, not ${wanted}.`,
    )
  }
  if (wanted === 1) return { count: 1, blocking, reason: 'as asked for' }
  const { count, reason } =
    wanted === undefined ? await defaultThreads() : { count: wanted, reason: 'as asked for' }
  if (count === 1) return { count, blocking, reason }
  const obstacle = platform.threads.obstacle()
  if (obstacle) {
    if (!warned) console.warn(`vitrine computes on one thread: ${obstacle}.`)
    warned = true
    return { count: 1, blocking, reason: obstacle }
  }
  if (blocking && !platform.threads.mayBlock()) {
    throw new UnsupportedError(
      'This thread must not block: leave out the option blocking, or load the model in a worker.',
    )
  }
  return { count, blocking, reason }
}

async function defaultThreads(): Promise<{ count: number; reason: string }> {
  const { count, reason } = await platform.threads.cores()
  if (count <= ENOUGH) return { count, reason }
  return { count: ENOUGH, reason: `${reason}; more than ${ENOUGH} help little` }
}
