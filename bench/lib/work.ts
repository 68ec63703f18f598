import type { Program } from '../../src/program/program.ts'

/** Multiplications of all matrix products of a program; a multiply-add counts once. */
export function multiplications(program: Program): number {
  const shape = (id: number) => program.values[id]!.shape
  let sum = 0
  for (const op of program.ops) {
    if (op.op === 'patch_embed' || op.op === 'linear') {
      const [depth, columns] = program.weights[op.kernel]!.shape
      sum += shape(op.output)[0] * depth * columns
    } else if (op.op === 'attention') {
      const [queries, width] = shape(op.query)
      sum += 2 * queries * shape(op.keyValue)[0] * width
    }
  }
  return sum
}
