import type { Program } from '../../../program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import type { Dialect } from '../dialects.ts'
import type { Tensor, Tfjs } from '../tf.ts'

/**
 * Computes one operation with TensorFlow.js. Returns its outputs in the order of the operation's `makes`.
 */
export type Compute = (value: (id: ValueId) => Tensor) => readonly Tensor[]

/** Lowers an operation. */
export type LowerOp<O> = (op: O, lowering: Lowering) => Compute

/** What an operation needs to know of its program. */
type Shapes = Pick<Program, 'values' | 'weights'>

/** The state shared by all operations during lowering. */
export class Lowering {
  readonly tf: Tfjs
  readonly dialect: Dialect
  readonly images: number
  /** The tensor of a weight, in the shape of `weightShape`. */
  readonly weight: (id: WeightId) => Tensor
  readonly #program: Shapes

  constructor(
    tf: Tfjs,
    dialect: Dialect,
    program: Shapes,
    weight: (id: WeightId) => Tensor,
    images: number,
  ) {
    this.tf = tf
    this.dialect = dialect
    this.#program = program
    this.weight = weight
    this.images = images
  }

  /** The shape of a value for one image. */
  shape(id: ValueId): Shape {
    return this.#program.values[id]!.shape
  }

  weightShape(id: WeightId): Shape {
    return this.#program.weights[id]!.shape
  }

  /** The tensor of an optional weight. */
  optional(id: WeightId | undefined): Tensor | undefined {
    return id === undefined ? undefined : this.weight(id)
  }

  /** Some rows of every image: `[images, count, columns]`. */
  rows(x: Tensor, [rows, columns]: Shape, from: number, count: number): Tensor {
    const { tf, images } = this
    return tf.slice(tf.reshape(x, [images, rows, columns]), [0, from, 0], [images, count, columns])
  }
}
