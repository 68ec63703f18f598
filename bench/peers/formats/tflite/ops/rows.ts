import type { Rows } from '../../../../../src/program/ops/rows.ts'
import type { LowerOp } from '../lowering.ts'

export const rows: LowerOp<Rows> = ({ input, output, from }, lowering) => {
  const { graph, outer } = lowering
  const [count] = lowering.shape(output)
  return lowering.merged(graph.slice(lowering.images(input), outer.length, from, count), output)
}
