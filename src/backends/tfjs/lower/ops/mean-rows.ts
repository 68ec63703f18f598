import type { MeanRows } from '../../../../program/ops/mean-rows.ts'
import type { LowerOp } from '../lowering.ts'

export const meanRows: LowerOp<MeanRows> = ({ input, from }, lowering) => {
  const shape = lowering.shape(input)
  return (value) => {
    const taken = lowering.rows(value(input), shape, from, shape[0] - from)
    return [lowering.tf.mean(taken, 1)]
  }
}
