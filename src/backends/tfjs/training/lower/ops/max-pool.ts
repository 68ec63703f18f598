import { positionsIn } from '../../../../../program/ops/window.ts'
import type { MaxPoolBackward } from '../../../../../program/training/max-pool.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { fold, unfold } from './window.ts'

/** Lower than any value, where a window reaches into padding. */
const LOWEST = -3.4e38

export const maxPoolBackward: LowerTrainingOp<MaxPoolBackward> = (op, lowering) => {
  const { tf, images } = lowering
  const { window } = op
  const [, channels] = lowering.shape(op.input)
  const outputs = images * positionsIn(window.outputs)
  const places = positionsIn(window.size)
  return (value) => {
    if (places === 1) return [fold(value(op.outputGradient), window, channels, lowering)]
    const rows = unfold(value(op.input), window, channels, lowering, LOWEST)
    const first = tf.argMax(tf.reshape(rows, [outputs, places, channels]), 1)
    const isFirst = tf.transpose(tf.oneHot(first, places), [0, 2, 1])
    const dy = tf.reshape(value(op.outputGradient), [outputs, 1, channels])
    const ofRows = tf.reshape(tf.mul(isFirst, dy), [outputs, places * channels])
    return [fold(ofRows, window, channels, lowering)]
  }
}
