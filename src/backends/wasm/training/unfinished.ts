import { ArgumentError, WorkerError } from '../../../errors.ts'
import type { Weight } from '../../../program/values.ts'

/** The weights that a run has left half updated: it failed, or was stopped. */
export class Unfinished {
  readonly #sizes: ReadonlyMap<string, number>
  /** How many values are still to be written of each. */
  readonly #missing = new Map<string, number>()
  /** Those that a lost thread may still be writing. */
  readonly #lost = new Set<string>()

  constructor(weights: readonly Weight[]) {
    this.#sizes = new Map(weights.map(({ name, shape }) => [name, shape[0] * shape[1]]))
  }

  /**
   * Notes how a run ended.
   * @param isLost whether a thread may still be writing
   */
  mark(names: readonly string[], succeeded: boolean, isLost: boolean): void {
    for (const name of names) {
      if (isLost) this.#lost.add(name)
      if (succeeded) this.#missing.delete(name)
      else this.#missing.set(name, this.#sizes.get(name)!)
    }
  }

  /** Notes that values of a weight were written. */
  wrote(name: string, count: number): void {
    const missing = this.#missing.get(name)
    if (missing === undefined) return
    if (count < missing) this.#missing.set(name, missing - count)
    else this.#missing.delete(name)
  }

  /**
   * @throws ArgumentError where a run has left one of these weights half updated; WorkerError where a thread that was
   *   lost may still be writing
   */
  require(names: readonly string[]): void {
    if (names.some((name) => this.#lost.has(name))) {
      throw new WorkerError(
        'A thread that trained this model was lost, and may still be writing; load the model again.',
      )
    }
    const half = names.find((name) => this.#missing.has(name))
    if (half === undefined) return
    throw new ArgumentError(
      `${half} is half updated, since a run was stopped or failed; write it, or run a program that replaces it.`,
    )
  }
}
