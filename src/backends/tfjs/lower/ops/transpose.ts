import type { Transpose } from '../../../../program/ops/transpose.ts'
import type { LowerOp } from '../lowering.ts'

export const transpose: LowerOp<Transpose> = ({ input, residual }, lowering) => {
  const { tf, images } = lowering
  const [rows, columns] = lowering.shape(input)
  return (value) => {
    const x = tf.reshape(value(input), [images, rows, columns])
    const turned = tf.reshape(tf.transpose(x, [0, 2, 1]), [images * columns, rows])
    return [residual === undefined ? turned : tf.add(turned, value(residual))]
  }
}
