import type { Shape, Value, ValueId, Weight, WeightId } from '../../../program/values.ts'
import type { Matrix } from '../matrix.ts'

/** The operands of an operation: values, weights, and output shapes. */
export interface Operands {
  value(id: ValueId): Matrix
  weight(id: WeightId): Matrix
  /** An optional weight. */
  optional(id: WeightId | undefined): Matrix | undefined
  shape(id: ValueId): Shape
}

/** The operands of a program's operations, from the values of one image and the weights by name. */
export function operandsOf(
  program: { readonly values: readonly Value[]; readonly weights: readonly Weight[] },
  values: ReadonlyMap<ValueId, Matrix>,
  weights: ReadonlyMap<string, Matrix>,
): Operands {
  const weight = (id: WeightId) => weights.get(program.weights[id]!.name)!
  return {
    value: (id) => values.get(id)!,
    weight,
    optional: (id) => (id === undefined ? undefined : weight(id)),
    shape: (id) => program.values[id]!.shape,
  }
}

/** Computes the outputs of an operation for one image, in the order of its `makes`. */
export type Compute<O> = (op: O, operands: Operands) => readonly Matrix[]
