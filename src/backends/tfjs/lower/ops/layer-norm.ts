import type { LayerNorm } from '../../../../program/ops/layer-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const layerNorm: LowerOp<LayerNorm> = ({ input, scale, bias, eps }, lowering) => {
  const { tf } = lowering
  return (value) => {
    const x = value(input)
    const centred = tf.sub(x, tf.mean(x, 1, true))
    const variance = tf.mean(tf.square(centred), 1, true)
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, eps)))
    return [tf.add(tf.mul(normal, lowering.weight(scale)), lowering.weight(bias))]
  }
}
