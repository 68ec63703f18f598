import type { Program } from '../../../program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import type { Dialect } from '../dialects.ts'
import type { Tensor, Tfjs } from '../tf.ts'

/**
 * Calls TensorFlow.js for one operation and returns the tensors that it makes, in the order of the
 * operation's `makes`.
 */
export type Compute = (value: (id: ValueId) => Tensor) => readonly Tensor[]

/** Prepares an operation. */
export type LowerOp<O> = (op: O, lowering: Lowering) => Compute

/** What operations have in common while they are prepared. */
export class Lowering {
  readonly tf: Tfjs
  readonly dialect: Dialect
  readonly images: number
  /** The tensor of a weight, in the shape that `weightShape` gives it. */
  readonly weight: (id: WeightId) => Tensor
  readonly #program: Program

  constructor(
    tf: Tfjs,
    dialect: Dialect,
    program: Program,
    weight: (id: WeightId) => Tensor,
    images: number,
  ) {
    this.tf = tf
    this.dialect = dialect
    this.#program = program
    this.weight = weight
    this.images = images
  }

  /** Of one image. */
  shape(id: ValueId): Shape {
    return this.#program.values[id]!.shape
  }

  weightShape(id: WeightId): Shape {
    return this.#program.weights[id]!.shape
  }

  /** A weight that an operation may lack. */
  optional(id: WeightId | undefined): Tensor | undefined {
    return id === undefined ? undefined : this.weight(id)
  }

  /** Some rows of every image: `[images, count, columns]`. */
  rows(x: Tensor, [rows, columns]: Shape, from: number, count: number): Tensor {
    const { tf, images } = this
    return tf.slice(tf.reshape(x, [images, rows, columns]), [0, from, 0], [images, count, columns])
  }
}
