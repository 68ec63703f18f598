import { platform } from '#platform'
import { WorkerError } from '../../../errors.ts'
import type { Outputs } from '../../backend.ts'
import { breakBarrier, isBroken, rearmControl, requestStop, waitForJoined } from './control.ts'
import { Crew, type CrewWorker } from './crew.ts'
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
interface Leg {
  readonly id: number
  readonly run: Run
  readonly queue: RunQueue
  /** All of them; the first one is thread 0, unless that is the caller. */
  readonly workers: readonly CrewWorker[]
  /** Those of which it is not known yet that they have left the kernels. */
  readonly inside: Set<CrewWorker>
  readonly to: number
  /** The first record that was not run. */
  end: number
  times: readonly number[] | undefined
  stopping: boolean
  /** Why it can't be finished. */
  broken: string | undefined
  /** Cancels the end of threads that do not stop. */
  relent: (() => void) | undefined
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
  readonly #crew: Crew
  /** Those with runs that wait; the first has the next turn. */
  readonly #queues = new Set<RunQueue>()
  readonly #legs = new Map<number, Leg>()
  #legCount = 0
  #planned = false
  /** A caller that blocks has had its turn, and others have not. */
  #mustYield = false

  constructor() {
    this.#crew = new Crew({
      changed: () => this.#plan(),
      left: (worker, report) => this.#left(worker, report),
      ended: (worker, reason) => this.#ended(worker, reason),
    })
  }

  /** Has threads started, so that they are there when a model is loaded. */
  prepare(threads: number, blocking: boolean): void {
    if (threads > 1) this.#crew.want(blocking ? threads - 1 : threads)
  }

  /** Fails with a LimitError where too many wait already. */
  submit(queue: RunQueue, run: Run): Promise<Outputs> {
    try {
      queue.add(run)
      this.#queues.add(queue)
      this.prepare(queue.team.threads, queue.team.blocking)
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
    if (queue.drop(run)) this.#vacate(queue, run)
    for (const leg of this.#legs.values()) if (leg.run === run) this.#stop(leg, true)
    this.#plan()
  }

  /** Ends all runs of a model, and has its memory freed. */
  dispose(queue: RunQueue, reason: () => unknown): void {
    for (const run of queue.alive()) this.cancel(queue, run, reason())
    this.#queues.delete(queue)
    this.#crew.forget(queue.team)
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

  #canBegin({ team: { threads, blocking }, slicing }: RunQueue): boolean {
    if (blocking) return !this.#mustYield
    if (threads > 1 && this.#crew.there) return this.#crew.idle().length > 0
    return slicing === undefined
  }

  #begin(queue: RunQueue): void {
    const { threads, blocking } = queue.team
    const run = queue.shift()
    // To the end of the line.
    this.#queues.delete(queue)
    this.#queues.add(queue)
    try {
      run.site ??= run.job.begin()
    } catch (error) {
      queue.drop(run)
      run.fail(error)
      return
    }
    if (!run.site) {
      queue.full = true
      queue.putBack(run)
      return
    }
    if (blocking) this.#beginBlocking(queue, run)
    else if (threads === 1 || !this.#crew.there) this.#slice(queue, run)
    else {
      const idle = this.#crew.idle()
      const most = run.flopsLeft < LONELY_FLOPS ? 1 : threads
      const share = shareOf(idle.length, most, 1 + this.#waiting())
      this.#dispatch(queue, run, idle.slice(0, share))
    }
  }

  /** The caller's thread has the last of the runs that wait: nobody is given work while it computes. */
  #beginBlocking(queue: RunQueue, run: Run): void {
    const { threads } = queue.team
    const idle = this.#crew.idle()
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
    for (const { team, full, waiting } of this.#queues) {
      if (!full && (team.threads > 1 || team.blocking)) count += waiting
    }
    return count
  }

  async #slice(queue: RunQueue, run: Run): Promise<void> {
    queue.slicing = run
    try {
      await runSlices(run, () => queue.team.threads > 1 && this.#crew.there)
    } catch (cause) {
      run.fail(trapped(cause))
    }
    queue.slicing = undefined
    this.#goOn(queue, run)
  }

  /** Has workers compute all records that are left. */
  #dispatch(queue: RunQueue, run: Run, workers: readonly CrewWorker[]): void {
    this.#send(queue, run, workers, run.total, 0)
  }

  /** @param callers threads of the leg that are no workers: 1 for the caller's, thread 0, or none */
  #send(
    queue: RunQueue,
    run: Run,
    workers: readonly CrewWorker[],
    to: number,
    callers: number,
  ): Leg {
    const leg: Leg = {
      ...{ id: ++this.#legCount, run, queue, workers, inside: new Set(workers), to, end: to },
      ...{ times: undefined, stopping: false, broken: undefined, relent: undefined },
    }
    rearmControl(run.team.memory, run.site!.control)
    this.#legs.set(leg.id, leg)
    this.#crew.take(workers)
    workers.forEach((worker, i) => {
      const thread = i + callers
      worker.run(run.team, {
        do: 'run',
        leg: leg.id,
        model: run.team.id,
        args: run.arguments(to, thread, workers.length + callers),
        joining: callers * workers.length,
        timed: thread === 0 && run.timed,
      })
    })
    return leg
  }

  /** Computes on the caller's thread and the workers, and returns when that is done. */
  #block(queue: RunQueue, run: Run, workers: readonly CrewWorker[]): void {
    const { memory, kernels } = run.team
    const threads = workers.length + 1
    const to = blockingEnd(run, threads)
    const { control } = run.site!
    const leg = this.#send(queue, run, workers, to, 1)
    let begun = true
    try {
      begun = waitForJoined(memory, control, workers.length, this.joining)
      if (!begun) {
        // Nobody has begun. If a worker is gone, its end is told when this thread listens again.
        leg.end = run.next
        this.#stop(leg, true)
      } else if (run.timed) {
        leg.times = runTimed(kernels.run, run.arguments(to, 0, threads), memory).times
      } else kernels.run(...run.arguments(to, 0, threads))
    } catch (cause) {
      leg.broken ??= trapped(cause).message
      breakBarrier(memory, control)
    }
    this.#mustYield = true
    platform.yield().then(() => {
      this.#mustYield = false
      this.#plan()
    })
    if (!begun) return
    if (isBroken(memory, control)) {
      leg.broken ??= 'a worker failed'
      if (leg.inside.size === 0) this.#end(leg)
    } else this.#complete(leg)
  }

  #left(worker: CrewWorker, report: Report & { tell: 'left' | 'trapped' }): void {
    const leg = this.#legs.get(report.leg)
    // Behind the last barrier one thread speaks for all.
    if (!leg) return
    leg.inside.delete(worker)
    if (report.tell === 'trapped') leg.broken = report.message
    else {
      leg.end = report.end
      leg.times ??= report.times
      if (worker === leg.workers[0] && report.end === leg.to && !leg.broken) {
        this.#complete(leg)
        return
      }
    }
    if (leg.inside.size === 0) this.#end(leg)
  }

  #ended(worker: CrewWorker, reason: string): void {
    for (const leg of this.#legs.values()) {
      if (!leg.inside.delete(worker)) continue
      leg.broken ??= reason
      if (!platform.threads.endIsCertain) leg.run.damage = 'memory'
      breakBarrier(leg.run.team.memory, leg.run.site!.control)
      if (leg.inside.size === 0) this.#end(leg)
    }
  }

  /** All records are done. */
  #complete(leg: Leg): void {
    this.#close(leg)
    leg.run.advance(leg.to, leg.times)
    this.#goOn(leg.queue, leg.run)
  }

  /** No thread is in the leg any more, and it is not known to be done. */
  #end(leg: Leg): void {
    const { run, queue, broken } = leg
    this.#close(leg)
    if (broken === undefined) run.advance(leg.end, leg.times)
    else {
      run.damage ??= 'barrier'
      run.fail(new WorkerError(`A thread that computed for this call failed: ${broken}.`))
    }
    this.#goOn(queue, run)
  }

  #close(leg: Leg): void {
    this.#legs.delete(leg.id)
    leg.relent?.()
    this.#crew.release(leg.workers)
  }

  /** After a leg: what becomes of the run. */
  #goOn(queue: RunQueue, run: Run): void {
    if (run.over || run.next === run.total) {
      if (!run.over) run.finish()
      queue.drop(run)
      this.#vacate(queue, run)
    } else {
      queue.putBack(run)
      queue.full = false
      this.#queues.add(queue)
    }
    this.#plan()
  }

  #vacate(queue: RunQueue, run: Run): void {
    run.vacate()
    queue.full = false
  }

  /** @param forGood whether nobody wants the result, so that threads that do not stop may be ended */
  #stop(leg: Leg, forGood: boolean): void {
    leg.stopping = true
    requestStop(leg.run.team.memory, leg.run.site!.control)
    if (!forGood) return
    leg.relent ??= afterPatience(this.patience, () => {
      for (const worker of leg.inside) worker.terminate()
    })
  }

  /** Gives idle threads a part in the run that has the fewest, if that doubles them. */
  #regroup(): void {
    const idle = this.#crew.idle().length
    if (idle === 0 || this.#waiting() > 0) return
    let fewest: Leg | undefined
    for (const leg of this.#legs.values()) {
      const size = leg.workers.length
      if (leg.stopping) return
      if (leg.broken !== undefined || leg.run.over || leg.run.team.blocking) continue
      if (size > idle || size * 2 > leg.run.team.threads) continue
      if (size < (fewest?.workers.length ?? Number.POSITIVE_INFINITY)) fewest = leg
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
