import type { Conv2d } from '../../../../program/ops/conv2d.ts'
import type { LowerOp } from '../lowering.ts'

/** A convolution with a stride of its kernel size; it ignores incomplete patches at the edges. */
export const conv2d: LowerOp<Conv2d> = (op, lowering) => {
  const { tf, images } = lowering
  const { input, output, kernel } = op
  const { grid, size: patchSize } = op.window
  const [, channels] = lowering.shape(input)
  const [count, width] = lowering.shape(output)
  const strides: [number, number] = [...patchSize]
  return (value) => {
    const x = tf.reshape(value(input), [images, ...grid, channels])
    const filter = tf.reshape(lowering.weight(kernel), [...patchSize, channels, width])
    const bias = lowering.optional(op.bias)
    const patches = tf.fused.conv2d({ x, filter, strides, pad: 'valid', bias })
    return [tf.reshape(patches, [images * count, width])]
  }
}
