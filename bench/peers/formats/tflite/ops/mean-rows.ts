import type { MeanRows } from '../../../../../src/program/ops/mean-rows.ts'
import type { LowerOp } from '../lowering.ts'

export const meanRows: LowerOp<MeanRows> = ({ input, output, from }, lowering) => {
  const { graph, outer } = lowering
  const count = lowering.shape(input)[0] - from
  const taken = graph.slice(lowering.images(input), outer.length, from, count)
  return lowering.merged(graph.mean(taken, outer.length), output)
}
