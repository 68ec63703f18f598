import { LimitError } from '../../../errors.ts'
import type { Run, RunnableModel } from './run.ts'

/** More runs than this don't wait for one model; who has more images than that should not ask at once. */
export const MAX_WAITING = 1024

/** The runs of one model, the first come first. */
export class RunQueue {
  readonly model: RunnableModel
  readonly #waiting: Run[] = []
  /** Every run that is not over, waiting or not. */
  readonly #alive = new Set<Run>()
  /** The run that the caller's thread computes in slices. */
  slicing: Run | undefined
  /** Whether the next run has to wait for the memory of another. */
  full = false

  constructor(model: RunnableModel) {
    this.model = model
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws LimitError where too many wait already */
  add(run: Run): void {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new LimitError(
        `${MAX_WAITING} runs wait for this model already; wait for some of them before asking for more.`,
      )
    }
    this.#waiting.push(run)
    this.#alive.add(run)
  }

  /** Takes the next run. */
  shift(): Run {
    return this.#waiting.shift()!
  }

  /** A run that has begun comes before those that have not. */
  putBack(run: Run): void {
    this.#waiting.unshift(run)
  }

  /** Forgets a run that is over. Returns whether it was waiting. */
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
