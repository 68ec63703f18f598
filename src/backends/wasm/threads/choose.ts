import { platform } from '#platform'
import { ArgumentError, UnsupportedError } from '../../../errors.ts'
import { MAX_THREADS } from './max-threads.ts'

export interface ThreadOptions {
  /**
   * How many threads compute, 1 to 64. By default the number of cores, at most 8. With 1, the caller's
   * thread computes in short slices and yields to the event loop between them, or a worker computes for the main
   * thread of a page. With more, workers compute and the caller's thread stays free.
   */
  threads?: number | undefined
  /**
   * Whether the caller's thread computes too and blocks its event loop meanwhile. Good for a command or
   * your own worker, bad for a server or a page. A browser's main thread can't block.
   */
  blocking?: boolean | undefined
  /**
   * Whether a worker computes even with one thread, so that the caller's thread stays free: for servers, since a program that
   * computes in slices accepts few connections. False by default, for one thread is then ready at once.
   */
  offThread?: boolean | undefined
}

export interface ThreadChoice {
  readonly count: number
  readonly blocking: boolean
  /** Whether workers compute. */
  readonly workers: boolean
  readonly reason: string
}

/**
 * The most threads by default; more help little. A record of a small model takes about ten microseconds
 * and ends with the slowest core; large models are limited by memory bandwidth.
 */
const ENOUGH = 8

let warned = false

/**
 * Chooses the number of threads.
 * @throws ArgumentError for an invalid number; UnsupportedError where this thread can't block
 */
export async function chooseThreads(options: ThreadOptions): Promise<ThreadChoice> {
  const { threads: wanted, blocking = false, offThread = false } = options
  if (blocking && offThread) {
    throw new ArgumentError(
      'blocking has this thread compute, and offThread keeps it free; leave one of them out.',
    )
  }
  if (
    wanted !== undefined &&
    !(Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= MAX_THREADS)
  ) {
    throw new ArgumentError(
      `threads must be a whole number from 1 to ${MAX_THREADS}, not ${wanted}.`,
    )
  }
  const alone = { count: 1, blocking, workers: false }
  if (wanted === 1 && !offThread) return { ...alone, reason: 'as asked for' }
  const { count, reason } =
    wanted === undefined ? await defaultThreads() : { count: wanted, reason: 'as asked for' }
  if (count === 1 && !offThread) return { ...alone, reason }
  const obstacle = platform.threads.obstacle()
  if (obstacle) {
    if (!warned) console.warn(`vitrine computes on one thread: ${obstacle}.`)
    warned = true
    return { ...alone, reason: obstacle }
  }
  if (blocking && !platform.threads.mayBlock()) {
    throw new UnsupportedError(
      'This thread must not block: leave out the option blocking, or load the model in a worker.',
    )
  }
  return { count, blocking, workers: true, reason }
}

async function defaultThreads(): Promise<{ count: number; reason: string }> {
  const { count, reason } = await platform.threads.cores()
  if (count <= ENOUGH) return { count, reason }
  return { count: ENOUGH, reason: `${reason}; more than ${ENOUGH} help little` }
}
