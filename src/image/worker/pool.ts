import { platform } from '#platform'
import { onAbort } from '../../abort.ts'
import { revive } from '../../error-message.ts'
import { WorkerError } from '../../errors.ts'
import type { WorkerHandle } from '../../platform/platform.ts'
import type { DrawJob } from './draw-job.ts'
import { isBitmap, type Job, type JobImage } from './job.ts'
import { workers } from './missing.ts'
import type { Report } from './report.ts'

/**
 * After this many pixels a worker is replaced: an idle worker never collects garbage, and can't be made to.
 */
const RETIRE_AFTER = 2 ** 26

/** So many pictures for training may be with a worker at once, since this thread may be busy when one is done. */
const DEPTH = 4

interface Task {
  readonly job: Job | DrawJob
  /** Runs the job on this thread. */
  readonly here: () => Promise<unknown>
  readonly pixels: number
  /** How many workers there may be for it. */
  readonly most: number
  resolve(result: unknown): void
  reject(reason: unknown): void
}

/** A worker, and its tasks in their order. A task that is alone there may have given its image away. */
interface Thread {
  readonly handle: WorkerHandle
  ready: boolean
  pixels: number
  readonly tasks: Task[]
}

const waiting: Task[] = []
/** The workers of this process or page. */
const threads = new Set<Thread>()
/** More than this many could not be started. */
let startable = Number.POSITIVE_INFINITY
/** How many have work without end, during which workers are not replaced. */
let holders = 0

/**
 * Runs a job in one of the shared workers. Jobs begin in the order in which they come. An abort terminates the worker,
 * and the next job gets a new one.
 *
 * @param job the image of which may be transferred
 * @param pixels the number of stored pixels
 * @param here runs the job on this thread, where there are no workers
 * @param most how many workers there may be for this job, those of others included; 1 by default
 * @throws WorkerError if the worker died; what the job throws; the signal's reason
 */
export function performInWorker<R>(
  job: Job | DrawJob,
  pixels: number,
  here: () => Promise<R>,
  signal?: AbortSignal,
  most = 1,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const task: Task = {
      ...{ job, pixels, here, most },
      resolve(result) {
        unlisten?.()
        resolve(result as R)
      },
      reject(reason) {
        unlisten?.()
        reject(reason)
      },
    }
    const unlisten = signal && onAbort(signal, () => stop(task, signal.reason))
    waiting.push(task)
    pump()
  })
}

/**
 * Keeps workers until the function that it returns is called, which lets all of them go: for a stream of jobs, during
 * which busy workers collect garbage, and where starting them anew would cost more than a job.
 */
export function holdWorkers(): () => void {
  holders++
  let holds = true
  return () => {
    if (holds) holders--
    holds = false
    if (holders > 0) return
    for (const thread of threads) {
      if (thread.tasks.length > 0 || waiting.length > 0) thread.pixels = RETIRE_AFTER
      else end(thread)
    }
  }
}

/** Gives workers their next tasks, and starts workers if needed. */
function pump(): void {
  while (waiting.length > 0) {
    const free = [...threads].find(({ ready, tasks }) => ready && tasks.length === 0)
    if (!free && grow()) continue
    const next = free ?? leastBusy(waiting[0]!)
    if (!next) break
    give(next, waiting.shift()!)
  }
  if (waiting.length > 0 && threads.size === 0) void performHere()
  for (const { handle, ready, tasks } of threads) {
    handle.keepAlive(tasks.length > 0 || (!ready && waiting.length > 0))
  }
}

/** The worker that can take a task beside those that it has, all of which can be run again. */
function leastBusy(task: Task): Thread | undefined {
  if (!isDraw(task)) return undefined
  return [...threads]
    .filter(({ ready, tasks }) => ready && tasks.length < DEPTH && tasks.every(isDraw))
    .sort((one, other) => one.tasks.length - other.tasks.length)[0]
}

const isDraw = ({ job }: Task) => 'draw' in job

/** Starts a worker for the tasks that wait, if more may be started than already are. */
function grow(): boolean {
  const starting = [...threads].filter(({ ready }) => !ready).length
  const most = Math.min(waiting[0]!.most, startable)
  if (starting >= waiting.length || threads.size >= most) return false
  try {
    threads.add(start())
    return true
  } catch {
    startable = threads.size
    return false
  }
}

function give(thread: Thread, task: Task): void {
  try {
    thread.handle.post(task.job, isDraw(task) ? [] : [transferable(task.job.image)])
    thread.tasks.push(task)
  } catch {
    // A custom recipe may contain values that can't be cloned.
    task.here().then(task.resolve, task.reject)
  }
}

function start(): Thread {
  const handle = platform.threads.startDecoder({
    message: (report) => hear(started, report as Report),
    ended: (reason) => lose(started, reason),
  })
  const started: Thread = { handle, ready: false, pixels: 0, tasks: [] }
  return started
}

function hear(from: Thread, report: Report): void {
  if (!threads.has(from)) return
  if (report.tell === 'ready') from.ready = true
  else {
    const task = from.tasks.shift()
    from.pixels += task!.pixels
    if (from.pixels >= RETIRE_AFTER && !holders && from.tasks.length === 0) end(from)
    if (report.tell === 'done') task!.resolve(report.result)
    else task!.reject(revive(report.error))
  }
  pump()
}

/** The worker died. */
function lose(lost: Thread, reason: string): void {
  if (!threads.delete(lost)) return
  const [task, ...others] = lost.tasks
  task?.reject(new WorkerError(`The thread that decoded this image died: ${reason}.`))
  waiting.unshift(...others)
  if (!lost.ready) startable = threads.size
  pump()
}

function stop(task: Task, reason: unknown): void {
  const place = waiting.indexOf(task)
  if (place >= 0) waiting.splice(place, 1)
  for (const thread of threads) {
    if (!thread.tasks.includes(task)) continue
    end(thread)
    waiting.unshift(...thread.tasks.filter((other) => other !== task))
  }
  task.reject(reason)
  pump()
}

function end(thread: Thread): void {
  threads.delete(thread)
  thread.handle.terminate()
}

/** Runs all jobs here: the page may forbid workers or load scripts from another origin. */
async function performHere(): Promise<void> {
  workers.missing = true
  for (;;) {
    const task = waiting.shift()
    if (!task) return
    await task.here().then(task.resolve, task.reject)
  }
}

function transferable(image: JobImage): ArrayBufferLike | ImageBitmap {
  if (isBitmap(image)) return image
  return (image instanceof Uint8Array ? image : image.data).buffer
}
