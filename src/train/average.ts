import { ArgumentError } from '../errors.ts'
import { updateAverage, warmedUpDecay } from './recipe/optimizers/average.ts'

/**
 * The exponential moving average of what is trained, in float32. It starts with the initial values and warms up as
 * TensorFlow's does: before update `n`, counted from 0, its decay is at most `(1 + n) / (10 + n)`.
 */
export class Average {
  readonly #decay: number
  readonly #values = new Map<string, Float32Array>()

  /**
   * @param decay what is kept of it at an update, from 0 to below 1
   * @param parameters the initial values, by name
   */
  constructor(decay: number, parameters: ReadonlyMap<string, Float32Array>) {
    this.#decay = decay
    for (const [name, values] of parameters) this.#values.set(name, values.slice())
  }

  get values(): ReadonlyMap<string, Float32Array> {
    return this.#values
  }

  /** @param updates made before this one */
  update(parameters: ReadonlyMap<string, Float32Array>, updates: number): void {
    const decay = warmedUpDecay(this.#decay, updates)
    for (const [name, values] of this.#values) updateAverage(values, parameters.get(name)!, decay)
  }

  /** Goes on from a saved average. @throws ArgumentError where it is of other weights */
  restore(saved: ReadonlyMap<string, Float32Array>): void {
    for (const [name, values] of this.#values) {
      const own = saved.get(name)
      if (own?.length !== values.length) {
        throw new ArgumentError(
          `The average of ${name} must have ${values.length} values, not ${own?.length}.`,
        )
      }
      values.set(own)
    }
  }
}
