import type { Rows } from '../../../../program/ops/rows.ts'
import type { LowerOp } from '../lowering.ts'

export const rows: LowerOp<Rows> = ({ input, output, from }, lowering) => {
  const [count, width] = lowering.shape(output)
  return (value) => {
    const taken = lowering.rows(value(input), lowering.shape(input), from, count)
    return [lowering.tf.reshape(taken, [lowering.images * count, width])]
  }
}
