import type { Transpose } from '../../../../../src/program/ops/transpose.ts'
import type { LowerOp } from '../lowering.ts'

export const transpose: LowerOp<Transpose> = ({ input, output, residual }, lowering) => {
  const { graph } = lowering
  const out = lowering.name(output)
  const x = lowering.images(input)
  const turned = graph.node('Transpose', [x], `${out}.turned`, { perm: [0, 2, 1] })
  const stacked = graph.reshape(
    turned,
    lowering.stacked(output),
    residual === undefined ? out : `${out}.stacked`,
  )
  if (residual !== undefined) graph.node('Add', [stacked, lowering.name(residual)], out)
}
