import { platform } from '#platform'
import { revive } from '../../error-message.ts'
import { WorkerError } from '../../errors.ts'
import type { WorkerHandle } from '../../platform/platform.ts'
import {
  type Fit,
  isBitmap,
  type Job,
  type JobImage,
  type Report,
  type Result,
  runJob,
} from './job.ts'
import { workers } from './missing.ts'

/**
 * After this many pixels a worker is replaced: an idle worker never collects garbage, and can't be made to.
 */
const RETIRE_AFTER = 2 ** 26

interface Task {
  readonly job: Job
  readonly pixels: number
  readonly signal: AbortSignal | undefined
  resolve(result: unknown): void
  reject(reason: unknown): void
}

/** The single worker of this process or page, and its task. */
interface Thread {
  readonly handle: WorkerHandle
  ready: boolean
  pixels: number
  task: Task | undefined
}

const waiting: Task[] = []
let thread: Thread | undefined
/**
 * Runs a job in the shared worker, one job at a time. An abort terminates the worker, and the next job gets a new one.
 *
 * @param job the image of which may be transferred
 * @param pixels the number of stored pixels
 * @throws WorkerError if the worker died; what the job throws; the signal's reason
 */
export function performInWorker<F extends Fit | undefined>(
  job: Job<F>,
  pixels: number,
  signal?: AbortSignal,
): Promise<Result<F>> {
  return new Promise((resolve, reject) => {
    const abort = () => stop(task, signal!.reason)
    const settle = () => signal?.removeEventListener('abort', abort)
    const task: Task = {
      job,
      pixels,
      signal,
      resolve(result) {
        settle()
        resolve(result as Result<F>)
      },
      reject(reason) {
        settle()
        reject(reason)
      },
    }
    signal?.addEventListener('abort', abort, { once: true })
    waiting.push(task)
    pump()
  })
}

/** Gives the worker its next task, and starts a worker if needed. */
function pump(): void {
  if (thread?.task) return
  if (waiting.length === 0) {
    thread?.handle.keepAlive(false)
    return
  }
  thread ??= start()
  if (!thread) {
    void performHere()
    return
  }
  thread.handle.keepAlive(true)
  if (!thread.ready) return
  const task = waiting.shift()!
  try {
    thread.handle.post(task.job, [transferable(task.job.image)])
    thread.task = task
  } catch {
    // A custom recipe may contain values that can't be cloned.
    runJob(task.job, task.signal).then(task.resolve, task.reject)
    pump()
  }
}

function start(): Thread | undefined {
  try {
    const handle = platform.threads.startDecoder({
      message: (report) => hear(started, report as Report),
      ended: (reason) => lose(started, reason),
    })
    const started: Thread = { handle, ready: false, pixels: 0, task: undefined }
    return started
  } catch {
    return undefined
  }
}

function hear(from: Thread, report: Report): void {
  if (from !== thread) return
  if (report.tell === 'ready') thread.ready = true
  else {
    const { task } = thread
    thread.task = undefined
    thread.pixels += task!.pixels
    if (thread.pixels >= RETIRE_AFTER) end()
    if (report.tell === 'done') task!.resolve(report.result)
    else task!.reject(revive(report.error))
  }
  pump()
}

/** The worker died. */
function lose(lost: Thread, reason: string): void {
  if (lost !== thread) return
  thread = undefined
  lost.task?.reject(new WorkerError(`The thread that decoded this image died: ${reason}.`))
  if (lost.ready) pump()
  else void performHere()
}

function stop(task: Task, reason: unknown): void {
  const place = waiting.indexOf(task)
  if (place >= 0) waiting.splice(place, 1)
  else if (thread?.task === task) end()
  task.reject(reason)
  pump()
}

function end(): void {
  const { handle } = thread!
  thread = undefined
  handle.terminate()
}

/** Runs all jobs here: the page may forbid workers or load scripts from another origin. */
async function performHere(): Promise<void> {
  workers.missing = true
  for (;;) {
    const task = waiting.shift()
    if (!task) return
    await runJob(task.job, task.signal).then(task.resolve, task.reject)
  }
}

function transferable(image: JobImage): ArrayBufferLike | ImageBitmap {
  if (isBitmap(image)) return image
  return (image instanceof Uint8Array ? image : image.data).buffer
}
