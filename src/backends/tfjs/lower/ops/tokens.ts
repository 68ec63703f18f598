import type { Tokens } from '../../../../program/ops/tokens.ts'
import type { WeightId } from '../../../../program/values.ts'
import type { LowerOp } from '../lowering.ts'

export const tokens: LowerOp<Tokens> = ({ input, output, prefix, position }, lowering) => {
  const { tf, images } = lowering
  const [count, width] = lowering.shape(output)
  return (value) => {
    const rows = tf.reshape(value(input), [images, ...lowering.shape(input)])
    const all = prefix === undefined ? rows : tf.concat([forEachImage(prefix), rows], 1)
    const sum = tf.add(all, tf.reshape(lowering.weight(position), [1, count, width]))
    return [tf.reshape(sum, [images * count, width])]
  }

  /** `[images, rows, columns]` */
  function forEachImage(id: WeightId) {
    const one = tf.reshape(lowering.weight(id), [1, ...lowering.weightShape(id)])
    return images === 1 ? one : tf.tile(one, [images, 1, 1])
  }
}
