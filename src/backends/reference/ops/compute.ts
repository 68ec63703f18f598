import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import type { Matrix } from '../matrix.ts'

/** The operands of an operation: values, weights, and output shapes. */
export interface Operands {
  value(id: ValueId): Matrix
  weight(id: WeightId): Matrix
  /** An optional weight. */
  optional(id: WeightId | undefined): Matrix | undefined
  shape(id: ValueId): Shape
}

/** Computes the outputs of an operation for one image, in the order of its `makes`. */
export type Compute<O> = (op: O, operands: Operands) => readonly Matrix[]
