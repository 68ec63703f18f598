import type { Outputs } from '../../backend.ts'
import type { RunQueue, RunScheduler } from './queue.ts'
import { type Run, trapped } from './run.ts'
import { runSlices } from './slices.ts'

/**
 * Computes runs on this thread, in slices, and never starts another. Models take turns; the runs of one are
 * computed one after the other.
 */
export class SliceScheduler implements RunScheduler {
  readonly #turn: () => Promise<void>

  /** @param turn yields to the event loop */
  constructor(turn: () => Promise<void>) {
    this.#turn = turn
  }

  submit(queue: RunQueue, run: Run): Promise<Outputs> {
    try {
      queue.add(run)
      void this.#next(queue)
    } catch (error) {
      run.fail(error)
    }
    return run.result
  }

  cancel(queue: RunQueue, run: Run, reason: unknown): void {
    run.fail(reason)
    queue.drop(run)
  }

  dispose(queue: RunQueue, reason: () => unknown): void {
    for (const run of queue.alive()) this.cancel(queue, run, reason())
  }

  async #next(queue: RunQueue): Promise<void> {
    if (queue.slicing || queue.waiting === 0) return
    const run = queue.shift()
    queue.slicing = run
    try {
      // No other run of this model holds memory.
      run.memory = run.job.begin()
      await runSlices(run, this.#turn)
      if (!run.over) run.finish()
    } catch (cause) {
      run.fail(cause instanceof WebAssembly.RuntimeError ? trapped(cause) : cause)
    }
    queue.slicing = undefined
    queue.drop(run)
    run.releaseMemory()
    void this.#next(queue)
  }
}
