import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import type { Tensor } from '../../tf.ts'
import type { LowerOp } from '../lowering.ts'

/**
 * Values are centred twice: after the first time, what rounding left of the mean is as small as the values are, so
 * nothing cancels where an image is nearly flat. The second time costs no pass over the values.
 */
export const groupNorm: LowerOp<GroupNorm> = (op, lowering) => {
  const { tf, dialect, images } = lowering
  const { input, residual, groups, eps, activation } = op
  const [rows, columns] = lowering.shape(input)
  const shape = [images, rows, columns] as const
  return (value) => {
    const x = tf.reshape(value(input), shape)
    const centred = dialect.moveColumns(x, shape, tf.neg(ofColumns(groupMeans(x))))
    const mean = groupMeans(centred)
    const variance = tf.sub(groupMeans(tf.square(centred)), tf.square(mean))
    const deviations = ofColumns(tf.rsqrt(tf.add(variance, eps)))
    const factor = tf.mul(deviations, lowering.weight(op.scale))
    const shift = tf.sub(lowering.weight(op.bias), tf.mul(ofColumns(mean), factor))
    const normal = dialect.moveColumns(centred, shape, shift, factor)
    const flat = tf.reshape(normal, [images * rows, columns])
    const sum = residual === undefined ? flat : tf.add(flat, value(residual))
    return [activation === 'relu' ? tf.relu(sum) : sum]
  }

  /** `[images, groups]` of `[images, rows, columns]`: every column has as many values, so it is a mean of means. */
  function groupMeans(x: Tensor): Tensor {
    const means = dialect.columnMeans(x, shape)
    return tf.mean(tf.reshape(means, [images, groups, columns / groups]), 2)
  }

  /** The value of each column's group: `[images, 1, columns]` of `[images, groups]`. */
  function ofColumns(x: Tensor): Tensor {
    const repeated = tf.tile(tf.reshape(x, [images, groups, 1]), [1, 1, columns / groups])
    return tf.reshape(repeated, [images, 1, columns])
  }
}
