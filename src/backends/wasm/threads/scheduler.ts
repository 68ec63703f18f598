import { platform } from '#platform'
import { WorkerError } from '../../../errors.ts'
import type { Outputs } from '../../backend.ts'
import { breakBarrier, isBroken, rearmControl, requestStop, waitForJoined } from './control.ts'
import { WorkerPool, type PoolWorker } from './worker-pool.ts'
import { afterPatience } from './patience.ts'
import type { Report } from './protocol.ts'
import type { RunQueue } from './queue.ts'
import type { Run } from './run.ts'
import { runSlices } from './slices.ts'
import { runTimed } from './timed.ts'

/** Floating-point operations per thread for which a caller that blocks forgets its event loop. */
const BLOCKING_FLOPS = 5e9

/** Floating-point operations, some milliseconds' worth, from which interrupting a thread pays. */
const REGROUPING_FLOPS = 5e8

/** Floating-point operations that take no longer than it takes to wake a second thread. */
const LONELY_FLOPS = 2e6

/** Consecutive records of a run, computed by the same threads. */
interface Segment {
  readonly id: number
  readonly run: Run
  readonly queue: RunQueue
  /** All of them; the first one is thread 0, unless that is the caller. */
  readonly workers: readonly PoolWorker[]
  /** Those of which it is not known yet that they have left the kernels. */
  readonly inside: Set<PoolWorker>
  readonly to: number
  /** The first record that was not run. */
  end: number
  times: readonly number[] | undefined
  stopping: boolean
  /** Why it can't be finished. */
  broken: string | undefined
  /** Cancels the end of threads that do not stop. */
  cancelTermination: (() => void) | undefined
}

/**
 * Shares the threads of this process among all models. Models have turns. A run has all threads that
 * are idle, or with several waiting its share of them: images side by side scale better than the
 * records of one image. When a thread has nothing to do, a run that others have begun is stopped
 * behind its record and goes on with more threads.
 */
export class Scheduler {
  /** How long threads that were told to stop may take to reach the end of a record, in milliseconds. */
  patience = 10_000
  /** How long a caller that blocks waits for the others to begin before it tries again, in milliseconds. */
  joining = 5000
  readonly #pool: WorkerPool
  /** Those with runs that wait; the first has the next turn. */
  readonly #queues = new Set<RunQueue>()
  readonly #segments = new Map<number, Segment>()
  #segmentCount = 0
  #planned = false
  /** A caller that blocks has had its turn, and others have not. */
  #mustYield = false

  constructor() {
    this.#pool = new WorkerPool({
      changed: () => this.#plan(),
      done: (worker, report) => this.#done(worker, report),
      ended: (worker, reason) => this.#ended(worker, reason),
    })
  }

  /** Has threads started, so that they are there when a model is loaded. */
  prepare(threads: number, blocking: boolean): void {
    if (threads > 1) this.#pool.want(blocking ? threads - 1 : threads)
  }

  /** Fails with a LimitError where too many wait already. */
  submit(queue: RunQueue, run: Run): Promise<Outputs> {
    try {
      queue.add(run)
      this.#queues.add(queue)
      this.prepare(queue.model.threads, queue.model.blocking)
      this.#plan()
    } catch (error) {
      run.fail(error)
    }
    return run.result
  }

  /** Ends a run without a result, whether it waits or is computed. Its caller is told at once. */
  cancel(queue: RunQueue, run: Run, reason: unknown): void {
    if (run.over) return
    run.fail(reason)
    if (queue.drop(run)) this.#releaseMemory(queue, run)
    for (const segment of this.#segments.values()) if (segment.run === run) this.#stop(segment, true)
    this.#plan()
  }

  /** Ends all runs of a model, and has its memory freed. */
  dispose(queue: RunQueue, reason: () => unknown): void {
    for (const run of queue.alive()) this.cancel(queue, run, reason())
    this.#queues.delete(queue)
    this.#pool.unload(queue.model)
  }

  /** Runs that are submitted together are planned together. */
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

  #canBegin({ model: { threads, blocking }, slicing }: RunQueue): boolean {
    if (blocking) return !this.#mustYield
    if (threads > 1 && this.#pool.available) return this.#pool.idle().length > 0
    return slicing === undefined
  }

  #begin(queue: RunQueue): void {
    const { threads, blocking } = queue.model
    const run = queue.shift()
    // To the end of the line.
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
    else if (threads === 1 || !this.#pool.available) this.#slice(queue, run)
    else {
      const idle = this.#pool.idle()
      const most = run.flopsLeft < LONELY_FLOPS ? 1 : threads
      const share = shareOf(idle.length, most, 1 + this.#waiting())
      this.#dispatch(queue, run, idle.slice(0, share))
    }
  }

  /** The caller's thread has the last of the runs that wait: nobody is given work while it computes. */
  #beginBlocking(queue: RunQueue, run: Run): void {
    const { threads } = queue.model
    const idle = this.#pool.idle()
    const waiting = 1 + this.#waiting()
    const most = run.flopsLeft < LONELY_FLOPS ? 1 : threads
    const share = shareOf(idle.length + 1, most, waiting)
    if (waiting > 1 && threads > 1 && idle.length >= share) {
      this.#dispatch(queue, run, idle.slice(0, share))
    } else this.#block(queue, run, idle.slice(0, share - 1))
  }

  /** Runs that wait for threads. */
  #waiting(): number {
    let count = 0
    for (const { model, full, waiting } of this.#queues) {
      if (!full && (model.threads > 1 || model.blocking)) count += waiting
    }
    return count
  }

  async #slice(queue: RunQueue, run: Run): Promise<void> {
    queue.slicing = run
    try {
      await runSlices(run, () => queue.model.threads > 1 && this.#pool.available)
    } catch (cause) {
      run.fail(trapped(cause))
    }
    queue.slicing = undefined
    this.#continue(queue, run)
  }

  /** Has workers compute all records that are left. */
  #dispatch(queue: RunQueue, run: Run, workers: readonly PoolWorker[]): void {
    this.#send(queue, run, workers, run.total, 0)
  }

  /** @param callers threads of the segment that are no workers: 1 for the caller's, thread 0, or none */
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

  /** Computes on the caller's thread and the workers, and returns when that is done. */
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
        // Nobody has begun. If a worker is gone, its end is told when this thread listens again.
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
    // Behind the last barrier one thread speaks for all.
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
      if (!platform.threads.endIsCertain) segment.run.damage = 'memory'
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

  /** No thread is in the segment any more, and it is not known to be done. */
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

  /** After a segment: what becomes of the run. */
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

  /** @param forGood whether nobody wants the result, so that threads that do not stop may be ended */
  #stop(segment: Segment, forGood: boolean): void {
    segment.stopping = true
    requestStop(segment.run.model.memory, segment.run.memory!.control)
    if (!forGood) return
    segment.cancelTermination ??= afterPatience(this.patience, () => {
      for (const worker of segment.inside) worker.terminate()
    })
  }

  /** Gives idle threads a part in the run that has the fewest, if that doubles them. */
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

/** How many of the threads that have nothing to do one of the runs that wait is given. */
function shareOf(idle: number, most: number, waiting: number): number {
  return Math.max(1, Math.min(most, Math.floor(idle / waiting)))
}

/** Up to where a caller may block at once. */
function blockingEnd(run: Run, threads: number): number {
  let flops = 0
  let end = run.next
  while (end < run.total && (end === run.next || flops < BLOCKING_FLOPS * threads)) {
    flops += run.job.records[end++]!.flops
  }
  return end
}

function trapped(cause: unknown): WorkerError {
  return new WorkerError(`The kernels failed: ${(cause as Error).message}.`, { cause })
}

/** The one of this process. */
export const scheduler = new Scheduler()
