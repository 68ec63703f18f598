import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import type { Matrix } from '../matrix.ts'

/** What an operation is given: values, weights, and the shapes of what it makes. */
export interface Operands {
  value(id: ValueId): Matrix
  weight(id: WeightId): Matrix
  /** A weight that the operation may lack. */
  optional(id: WeightId | undefined): Matrix | undefined
  shape(id: ValueId): Shape
}

/** Computes what an operation makes for one image, in the order of the operation's `makes`. */
export type Compute<O> = (op: O, operands: Operands) => readonly Matrix[]
