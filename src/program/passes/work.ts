import { operationOf } from '../ops/operations.ts'
import type { Program } from '../program.ts'

/** The number of values in all weights of a program that a file has: not in tables, which are computed. */
export function parameterCount(program: Program): number {
  return program.weights
    .filter(({ role }) => role !== 'table')
    .reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0)
}

/**
 * Floating-point operations of all matrix products for one image; a multiply-add counts as two.
 * (Many papers count it as one and call that FLOPs.)
 */
export function matrixFlops({ ops, values, weights }: Program): number {
  const shapes = {
    value: (id: number) => values[id]!.shape,
    weight: (id: number) => weights[id]!.shape,
  }
  return ops.reduce((sum, op) => sum + 2 * (operationOf(op).products?.(op, shapes) ?? 0), 0)
}
