import type { Transpose } from '../../../../src/program/ops/transpose.ts'
import type { LowerOp } from '../lowering.ts'

export const transpose: LowerOp<Transpose> = ({ input, residual }, lowering) => {
  const turned = lowering.value(input).transpose()
  return residual === undefined ? turned : turned.add(lowering.value(residual))
}
