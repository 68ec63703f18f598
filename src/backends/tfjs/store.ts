import { ArgumentError, DisposedError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Region, WeightSink } from '../backend.ts'
import { checkRegion, placeRegion } from '../weights.ts'
import { weightShape } from './lower/lower.ts'
import type { Tensor, Tfjs } from './tf.ts'

/** The weights of a model: arrays while they are written, tensors from their first use on. */
export class TensorStore implements WeightSink {
  readonly #tf: Tfjs
  readonly #weights: ReadonlyMap<string, Weight>
  readonly #written = new Map<string, Float32Array>()
  readonly #tensors = new Map<string, Tensor>()
  #disposed = false

  constructor(tf: Tfjs, weights: readonly Weight[]) {
    this.#tf = tf
    this.#weights = new Map(weights.map((weight) => [weight.name, weight]))
  }

  /** @throws DisposedError */
  requireAlive(): void {
    if (this.#disposed) throw new DisposedError('The model')
  }

  write(name: string, region: Region, start: number, values: Float32Array): void {
    this.requireAlive()
    const shape = this.#weights.get(name)?.shape
    checkRegion(name, shape, region, start, values.length)
    if (this.#tensors.has(name)) {
      throw new ArgumentError(`${name} is already in use; its values can't be changed.`)
    }
    placeRegion(shape![1], region, start, values, this.#array(name))
  }

  /** The tensor of a weight, in the shape of `weightShape`. The store owns it. */
  tensor(name: string): Tensor {
    const found = this.#tensors.get(name)
    if (found) return found
    const shape = weightShape(this.#weights.get(name)!)
    // The tensor shares the array. `keep` lets it outlive the `tidy` of the first operation that uses it.
    const tensor = this.#tf.keep(this.#tf.tensor(this.#array(name), shape))
    this.#written.delete(name)
    this.#tensors.set(name, tensor)
    return tensor
  }

  /** Whether a weight has a tensor, so that its array is no longer the store's. */
  isInUse(name: string): boolean {
    return this.#tensors.has(name)
  }

  /** Gives a weight another tensor, which the store owns from then on. */
  replace(name: string, tensor: Tensor): void {
    this.#tensors.get(name)?.dispose()
    this.#written.delete(name)
    this.#tensors.set(name, this.#tf.keep(tensor))
  }

  dispose(): void {
    this.#disposed = true
    this.#written.clear()
    for (const tensor of this.#tensors.values()) tensor.dispose()
    this.#tensors.clear()
  }

  #array(name: string): Float32Array {
    let array = this.#written.get(name)
    if (!array) {
      const [rows, columns] = this.#weights.get(name)!.shape
      array = new Float32Array(rows * columns)
      this.#written.set(name, array)
    }
    return array
  }
}
