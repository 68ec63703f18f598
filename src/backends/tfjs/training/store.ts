import { ArgumentError } from '../../../errors.ts'
import type { Weight } from '../../../program/values.ts'
import type { Region } from '../../backend.ts'
import { checkRegion } from '../../weights.ts'
import { weightShape } from '../lower/lower.ts'
import { TensorStore } from '../store.ts'
import type { Tfjs } from '../tf.ts'

/** Weights that can also be written while they are in use, each as a whole. */
export class TrainingStore extends TensorStore {
  readonly #tf: Tfjs
  readonly #weights: ReadonlyMap<string, Weight>

  constructor(tf: Tfjs, weights: readonly Weight[]) {
    super(tf, weights)
    this.#tf = tf
    this.#weights = new Map(weights.map((weight) => [weight.name, weight]))
  }

  override write(name: string, region: Region, start: number, values: Float32Array): void {
    if (!this.isInUse(name)) {
      super.write(name, region, start, values)
      return
    }
    const weight = this.#weights.get(name)!
    checkRegion(name, weight.shape, region, start, values.length)
    const [rows, columns] = weight.shape
    if (values.length !== rows * columns || region.transposed) {
      throw new ArgumentError(
        `${name} is in use by TensorFlow.js; write it whole and row by row, all ${rows * columns} values at once.`,
      )
    }
    // A tensor may keep the array that it is made of.
    this.replace(name, this.#tf.tensor(values.slice(), weightShape(weight)))
  }
}
