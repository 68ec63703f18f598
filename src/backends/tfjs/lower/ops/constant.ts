import type { Constant } from '../../../../program/ops/constant.ts'
import type { LowerOp } from '../lowering.ts'

/** A tensor of its own, since values are freed and weights are not. */
export const constant: LowerOp<Constant> = (op, lowering) => () => [
  lowering.tf.tile(lowering.weight(op.weight), [lowering.images, 1]),
]
