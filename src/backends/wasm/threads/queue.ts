import { LimitError } from '../../../errors.ts'
import type { Outputs } from '../../backend.ts'
import type { Run, RunnableModel } from './run.ts'

/** The most runs that wait for one model. */
export const MAX_WAITING = 1024

/** What computes the runs of models. */
export interface RunScheduler {
  /** Queues a run. Rejects with a LimitError where the queue is full. */
  submit(queue: RunQueue, run: Run): Promise<Outputs>
  /** Rejects a waiting or running run at once. */
  cancel(queue: RunQueue, run: Run, reason: unknown): void
  /** Cancels all runs of a model. */
  dispose(queue: RunQueue, reason: () => unknown): void
}

/** The runs of one model, first in, first out. */
export class RunQueue {
  readonly model: RunnableModel
  readonly #waiting: Run[] = []
  /** Every unsettled run, waiting or not. */
  readonly #alive = new Set<Run>()
  /** The run that the caller's thread is computing in slices. */
  slicing: Run | undefined
  /** Whether the next run must wait until another frees memory. */
  full = false

  constructor(model: RunnableModel) {
    this.model = model
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws LimitError where the queue is full */
  add(run: Run): void {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new LimitError(
        `${MAX_WAITING} runs already wait for this model; await some of them before starting more.`,
      )
    }
    this.#waiting.push(run)
    this.#alive.add(run)
  }

  /** Takes the next run. */
  shift(): Run {
    return this.#waiting.shift()!
  }

  /** Puts a started run at the front of the queue. */
  putBack(run: Run): void {
    this.#waiting.unshift(run)
  }

  /** Removes a settled run. Returns whether it was waiting. */
  drop(run: Run): boolean {
    this.#alive.delete(run)
    const at = this.#waiting.indexOf(run)
    if (at >= 0) this.#waiting.splice(at, 1)
    return at >= 0
  }

  alive(): Run[] {
    return [...this.#alive]
  }
}
