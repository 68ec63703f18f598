import type { Conv2d } from '../../../../program/ops/conv2d.ts'
import type { LowerOp } from '../lowering.ts'
import { inWindow } from './window.ts'

export const conv2d: LowerOp<Conv2d> = ({ input, output, kernel, bias, window }, lowering) => {
  const { tf, images } = lowering
  const [, channels] = lowering.shape(input)
  const [count, width] = lowering.shape(output)
  const { size, stride: strides } = window
  return (value) => {
    const { x, pad } = inWindow(value(input), window, channels, lowering)
    const filter = tf.reshape(lowering.weight(kernel), [...size, channels, width])
    const sums = tf.fused.conv2d({ x, filter, strides, pad, bias: lowering.optional(bias) })
    return [tf.reshape(sums, [images * count, width])]
  }
}
