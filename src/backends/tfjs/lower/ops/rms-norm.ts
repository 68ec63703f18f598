import type { RmsNorm } from '../../../../program/ops/rms-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const rmsNorm: LowerOp<RmsNorm> = ({ input, scale, eps }, lowering) => {
  const { tf } = lowering
  return (value) => {
    const x = value(input)
    const normal = tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), eps)))
    return [tf.mul(normal, lowering.weight(scale))]
  }
}
