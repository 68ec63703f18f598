import type { Program } from './program.ts'

/** The number of values in all weights of a program. */
export function parameterCount(program: Program): number {
  return program.weights.reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0)
}

/**
 * Floating-point operations of all matrix products for one image; a multiply-add counts as two.
 * (Many papers count it as one and call that FLOPs.)
 */
export function matrixFlops(program: Program): number {
  const shape = (id: number) => program.values[id]!.shape
  let products = 0
  for (const op of program.ops) {
    if (op.op === 'patch_embed' || op.op === 'linear') {
      const [inner, columns] = program.weights[op.kernel]!.shape
      products += shape(op.output)[0] * inner * columns
    } else if (op.op === 'attention') {
      const [queries, width] = shape(op.query)
      products += 2 * queries * shape(op.keyValue)[0] * width
    }
  }
  return 2 * products
}
