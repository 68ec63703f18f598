import type { Transpose } from '../../../../../src/program/ops/transpose.ts'
import type { LowerOp } from '../lowering.ts'

export const transpose: LowerOp<Transpose> = ({ input, output, residual }, lowering) => {
  const { graph, outer } = lowering
  const order = [...outer.keys(), ...[1, 0].map((i) => i + outer.length)]
  const turned = lowering.merged(graph.transpose(lowering.images(input), order), output)
  if (residual === undefined) return turned
  return graph.apply('ADD', [turned, lowering.tensor(residual)], lowering.stacked(output))
}
