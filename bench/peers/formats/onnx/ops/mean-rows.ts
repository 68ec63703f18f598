import type { MeanRows } from '../../../../../src/program/ops/mean-rows.ts'
import type { LowerOp } from '../lowering.ts'

export const meanRows: LowerOp<MeanRows> = ({ input, output, from }, lowering) => {
  const { graph } = lowering
  const out = lowering.name(output)
  const to = lowering.shape(input)[0]
  const taken = graph.slice(lowering.images(input), [[1, from, to]], `${out}.run`)
  graph.node('ReduceMean', [taken, graph.integers('list.1', [1])], out, { keepdims: 0 })
}
