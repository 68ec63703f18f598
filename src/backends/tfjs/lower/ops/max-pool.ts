import type { MaxPool } from '../../../../program/ops/max-pool.ts'
import type { LowerOp } from '../lowering.ts'
import { inWindow } from './window.ts'

/** TensorFlow.js never takes padding for the largest value. */
export const maxPool: LowerOp<MaxPool> = ({ input, output, window }, lowering) => {
  const { tf, images } = lowering
  const [count, columns] = lowering.shape(output)
  return (value) => {
    const { x, pad } = inWindow(value(input), window, columns, lowering)
    const pooled = tf.maxPool(x, window.size, window.stride, pad)
    return [tf.reshape(pooled, [images * count, columns])]
  }
}
