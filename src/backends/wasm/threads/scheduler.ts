import { platform } from '#platform'
import { WorkerError } from '../../../errors.ts'
import type { Outputs } from '../../backend.ts'
import { breakBarrier, isBroken, rearmControl, requestStop, waitForJoined } from './control.ts'
import { afterPatience } from './patience.ts'
import type { Report } from './protocol.ts'
import type { RunQueue, RunScheduler } from './queue.ts'
import { type Run, type RunnableModel, trapped } from './run.ts'
import { runSlices } from './slices.ts'
import { runTimed } from './timed.ts'
import { type PoolWorker, WorkerPool } from './worker-pool.ts'

/** Floating-point operations per thread that a blocking caller computes before its event loop gets a turn. */
const BLOCKING_FLOPS = 5e9

/** Regrouping pays off from this many remaining floating-point operations, a few milliseconds. */
const REGROUPING_FLOPS = 5e8

/** Runs below this take less time than waking a second thread. */
const SINGLE_THREAD_FLOPS = 2e6

/** Consecutive records of a run, computed by the same set of threads. */
interface Segment {
  readonly id: number
  readonly run: Run
  readonly queue: RunQueue
  /** The first is thread 0, unless the caller is. */
  readonly workers: readonly PoolWorker[]
  /** The workers that have not yet reported back. */
  readonly inside: Set<PoolWorker>
  readonly to: number
  /** The first record that was not run. */
  end: number
  times: readonly number[] | undefined
  stopping: boolean
  /** Why it failed. */
  broken: string | undefined
  /** Cancels the pending termination of threads that do not stop. */
  cancelTermination: (() => void) | undefined
}

/**
 * Schedules the runs of all models on the threads of this process, round-robin by model. A run gets all
 * idle threads, or an equal share of them if several runs wait: separate images scale better than one
 * image on many threads. When threads become idle and nothing waits, a running segment is stopped after
 * its current record and continues on more threads.
 */
export class Scheduler implements RunScheduler {
  /** How long a stopping thread may take to finish its record before it is terminated, in milliseconds. */
  patience = 10_000
  /** How long a blocking caller waits for workers to join before it retries, in milliseconds. */
  joining = 5000
  readonly #pool: WorkerPool
  /** The queues with waiting runs, next turn first. */
  readonly #queues = new Set<RunQueue>()
  readonly #segments = new Map<number, Segment>()
  #segmentCount = 0
  #planned = false
  /** Set after a blocking run until the event loop has had a turn. */
  #mustYield = false

  constructor() {
    this.#pool = new WorkerPool({
      changed: () => this.#plan(),
      done: (worker, report) => this.#done(worker, report),
      ended: (worker, reason) => this.#ended(worker, reason),
    })
  }

  /** Starts threads ahead of the first run. */
  prepare({
    threads,
    blocking,
    workers,
  }: Pick<RunnableModel, 'threads' | 'blocking' | 'workers'>): void {
    if (workers) this.#pool.want(blocking ? threads - 1 : threads)
  }

  /** Queues a run. Rejects with a LimitError where the queue is full. */
  submit(queue: RunQueue, run: Run): Promise<Outputs> {
    try {
      queue.add(run)
      this.#queues.add(queue)
      this.prepare(queue.model)
      this.#plan()
    } catch (error) {
      run.fail(error)
    }
    return run.result
  }

  /** Rejects a waiting or running run at once, and stops its threads. */
  cancel(queue: RunQueue, run: Run, reason: unknown): void {
    if (run.over) return
    run.fail(reason)
    if (queue.drop(run)) this.#releaseMemory(queue, run)
    for (const segment of this.#segments.values())
      if (segment.run === run) this.#stop(segment, true)
    this.#plan()
  }

  /** Cancels all runs of a model and drops the workers' references to its memory. */
  dispose(queue: RunQueue, reason: () => unknown): void {
    for (const run of queue.alive()) this.cancel(queue, run, reason())
    this.#queues.delete(queue)
    this.#pool.unload(queue.model)
  }

  /** Deferred by a microtask, so that runs submitted together are planned together. */
  #plan(): void {
    if (this.#planned) return
    this.#planned = true
    queueMicrotask(() => {
      this.#planned = false
      for (let queue = this.#nextQueue(); queue; queue = this.#nextQueue()) this.#begin(queue)
      this.#regroup()
    })
  }

  #nextQueue(): RunQueue | undefined {
    for (const queue of this.#queues) {
      if (queue.waiting === 0) this.#queues.delete(queue)
      else if (!queue.full && this.#canBegin(queue)) return queue
    }
    return undefined
  }

  #canBegin({ model: { workers, blocking }, slicing }: RunQueue): boolean {
    if (blocking) return !this.#mustYield
    if (workers && this.#pool.available) return this.#pool.idle().length > 0
    return slicing === undefined
  }

  #begin(queue: RunQueue): void {
    const { threads, blocking, workers } = queue.model
    const run = queue.shift()
    // Round-robin: this queue goes last.
    this.#queues.delete(queue)
    this.#queues.add(queue)
    try {
      run.memory ??= run.job.begin()
    } catch (error) {
      queue.drop(run)
      run.fail(error)
      return
    }
    if (!run.memory) {
      queue.full = true
      queue.putBack(run)
      return
    }
    if (blocking) this.#beginBlocking(queue, run)
    else if (!workers || !this.#pool.available) this.#slice(queue, run)
    else {
      const idle = this.#pool.idle()
      const most = run.flopsLeft < SINGLE_THREAD_FLOPS ? 1 : threads
      const share = shareOf(idle.length, most, 1 + this.#waiting())
      this.#dispatch(queue, run, idle.slice(0, share))
    }
  }

  /** The caller's thread takes the last waiting run, since no worker can be given work while it blocks. */
  #beginBlocking(queue: RunQueue, run: Run): void {
    const { threads } = queue.model
    const idle = this.#pool.idle()
    const waiting = 1 + this.#waiting()
    const most = run.flopsLeft < SINGLE_THREAD_FLOPS ? 1 : threads
    const share = shareOf(idle.length + 1, most, waiting)
    if (waiting > 1 && threads > 1 && idle.length >= share) {
      this.#dispatch(queue, run, idle.slice(0, share))
    } else this.#block(queue, run, idle.slice(0, share - 1))
  }

  /** The number of runs waiting for threads. */
  #waiting(): number {
    let count = 0
    for (const { model, full, waiting } of this.#queues) {
      if (!full && (model.workers || model.blocking)) count += waiting
    }
    return count
  }

  async #slice(queue: RunQueue, run: Run): Promise<void> {
    queue.slicing = run
    try {
      const handOver = () => queue.model.workers && this.#pool.available
      await runSlices(run, platform.yield, handOver)
    } catch (cause) {
      run.fail(trapped(cause))
    }
    queue.slicing = undefined
    this.#continue(queue, run)
  }

  /** Runs all remaining records on workers. */
  #dispatch(queue: RunQueue, run: Run, workers: readonly PoolWorker[]): void {
    this.#send(queue, run, workers, run.total, 0)
  }

  /** @param callers 1 if the caller's thread takes part, as thread 0; else 0 */
  #send(
    queue: RunQueue,
    run: Run,
    workers: readonly PoolWorker[],
    to: number,
    callers: number,
  ): Segment {
    const segment: Segment = {
      ...{ id: ++this.#segmentCount, run, queue, workers, inside: new Set(workers), to, end: to },
      ...{ times: undefined, stopping: false, broken: undefined, cancelTermination: undefined },
    }
    rearmControl(run.model.memory, run.memory!.control)
    this.#segments.set(segment.id, segment)
    this.#pool.take(workers)
    workers.forEach((worker, i) => {
      const thread = i + callers
      worker.run(run.model, {
        type: 'run',
        segment: segment.id,
        model: run.model.id,
        args: run.arguments(to, thread, workers.length + callers),
        joining: callers * workers.length,
        timed: thread === 0 && run.timed,
      })
    })
    return segment
  }

  /** Computes on the caller's thread and workers, and blocks until the segment is done. */
  #block(queue: RunQueue, run: Run, workers: readonly PoolWorker[]): void {
    const { memory, kernels } = run.model
    const threads = workers.length + 1
    const to = blockingEnd(run, threads)
    const { control } = run.memory!
    const segment = this.#send(queue, run, workers, to, 1)
    let begun = true
    try {
      begun = waitForJoined(memory, control, workers.length, this.joining)
      if (!begun) {
        // No worker has started. If one is gone, the event loop will report its end.
        segment.end = run.next
        this.#stop(segment, true)
      } else if (run.timed) {
        segment.times = runTimed(kernels.run, run.arguments(to, 0, threads), memory).times
      } else kernels.run(...run.arguments(to, 0, threads))
    } catch (cause) {
      segment.broken ??= trapped(cause).message
      breakBarrier(memory, control)
    }
    this.#mustYield = true
    platform.yield().then(() => {
      this.#mustYield = false
      this.#plan()
    })
    if (!begun) return
    if (isBroken(memory, control)) {
      segment.broken ??= 'a worker failed'
      if (segment.inside.size === 0) this.#end(segment)
    } else this.#complete(segment)
  }

  #done(worker: PoolWorker, report: Report & { type: 'done' | 'failed' }): void {
    const segment = this.#segments.get(report.segment)
    // After the last barrier the first report counts for all threads.
    if (!segment) return
    segment.inside.delete(worker)
    if (report.type === 'failed') segment.broken = report.message
    else {
      segment.end = report.end
      segment.times ??= report.times
      if (worker === segment.workers[0] && report.end === segment.to && !segment.broken) {
        this.#complete(segment)
        return
      }
    }
    if (segment.inside.size === 0) this.#end(segment)
  }

  #ended(worker: PoolWorker, reason: string): void {
    for (const segment of this.#segments.values()) {
      if (!segment.inside.delete(worker)) continue
      segment.broken ??= reason
      if (!platform.threads.endIsImmediate) segment.run.damage = 'memory'
      breakBarrier(segment.run.model.memory, segment.run.memory!.control)
      if (segment.inside.size === 0) this.#end(segment)
    }
  }

  /** All records are done. */
  #complete(segment: Segment): void {
    this.#close(segment)
    segment.run.advance(segment.to, segment.times)
    this.#continue(segment.queue, segment.run)
  }

  /** All threads have left a segment that was stopped or failed. */
  #end(segment: Segment): void {
    const { run, queue, broken } = segment
    this.#close(segment)
    if (broken === undefined) run.advance(segment.end, segment.times)
    else {
      run.damage ??= 'barrier'
      run.fail(new WorkerError(`A thread that computed for this call failed: ${broken}.`))
    }
    this.#continue(queue, run)
  }

  #close(segment: Segment): void {
    this.#segments.delete(segment.id)
    segment.cancelTermination?.()
    this.#pool.release(segment.workers)
  }

  /** Finishes the run after a segment, or queues it again. */
  #continue(queue: RunQueue, run: Run): void {
    if (run.over || run.next === run.total) {
      if (!run.over) run.finish()
      queue.drop(run)
      this.#releaseMemory(queue, run)
    } else {
      queue.putBack(run)
      queue.full = false
      this.#queues.add(queue)
    }
    this.#plan()
  }

  #releaseMemory(queue: RunQueue, run: Run): void {
    run.releaseMemory()
    queue.full = false
  }

  /** @param forGood whether the run is cancelled, so that threads that do not stop may be terminated */
  #stop(segment: Segment, forGood: boolean): void {
    segment.stopping = true
    requestStop(segment.run.model.memory, segment.run.memory!.control)
    if (!forGood) return
    segment.cancelTermination ??= afterPatience(this.patience, () => {
      for (const worker of segment.inside) worker.terminate()
    })
  }

  /** Adds idle threads to the run that has the fewest, if that at least doubles them. */
  #regroup(): void {
    const idle = this.#pool.idle().length
    if (idle === 0 || this.#waiting() > 0) return
    let fewest: Segment | undefined
    for (const segment of this.#segments.values()) {
      const size = segment.workers.length
      if (segment.stopping) return
      if (segment.broken !== undefined || segment.run.over || segment.run.model.blocking) continue
      if (size > idle || size * 2 > segment.run.model.threads) continue
      if (size < (fewest?.workers.length ?? Number.POSITIVE_INFINITY)) fewest = segment
    }
    if (fewest && fewest.run.flopsLeft >= REGROUPING_FLOPS) this.#stop(fewest, false)
  }
}

/** How many idle threads each waiting run gets. */
function shareOf(idle: number, most: number, waiting: number): number {
  return Math.max(1, Math.min(most, Math.floor(idle / waiting)))
}

/** The end of the next blocking segment. */
function blockingEnd(run: Run, threads: number): number {
  let flops = 0
  let end = run.next
  while (end < run.total && (end === run.next || flops < BLOCKING_FLOPS * threads)) {
    flops += run.job.records[end++]!.flops
  }
  return end
}

/** The scheduler of this process. */
export const scheduler = new Scheduler()
