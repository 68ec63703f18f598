import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from '../lowering.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = (op, lowering) => {
  const { tf, images } = lowering
  const { ids, output, table, position, segment } = op
  const [count, width] = lowering.shape(output)
  return (value) => {
    const rows = tf.gather(lowering.weight(table), tf.reshape(value(ids), [images * count]))
    const places = tf.slice(lowering.weight(position), [0, 0], [count, width])
    const offset = segment === undefined ? places : tf.add(places, lowering.weight(segment))
    const sum = tf.add(tf.reshape(rows, [images, count, width]), offset)
    return [tf.reshape(sum, [images * count, width])]
  }
}
