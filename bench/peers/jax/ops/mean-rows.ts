import type { MeanRows } from '../../../../src/program/ops/mean-rows.ts'
import type { LowerOp } from '../lowering.ts'

export const meanRows: LowerOp<MeanRows> = ({ input, from }, lowering) => {
  const taken = lowering.value(input).slice([from, lowering.shape(input)[0]], [])
  return taken.mean(0, { keepdims: true })
}
