import type { Attention } from '../../../../program/ops/attention.ts'
import type { Shape } from '../../../../program/values.ts'
import type { Tensor } from '../../tf.ts'
import type { LowerOp } from '../lowering.ts'
import { scoreOffsets } from '../score-offsets.ts'

export const attention: LowerOp<Attention> = (op, lowering) => {
  const { tf, dialect, images } = lowering
  const { query, keyValue, heads, weights } = op
  const [queries, width] = lowering.shape(query)
  const [tokens] = lowering.shape(keyValue)
  const each = width / heads
  const offsets = scoreOffsets(op, lowering)
  const compute = dialect.batchedProducts ? together : oneByOne
  return (value) => {
    const q = tf.mul(value(query), 1 / Math.sqrt(each))
    const [results, probabilities] = compute(q, value(keyValue))
    const out = tf.reshape(tf.transpose(results, [0, 2, 1, 3]), [images * queries, width])
    if (weights === undefined) return [out]
    return [out, tf.reshape(probabilities!, [images * heads * queries, tokens])]
  }

  /** All heads of all images in two products. */
  function together(q: Tensor, kv: Tensor): [results: Tensor, weights: Tensor] {
    const split = tf.transpose(tf.reshape(kv, [images, tokens, 2 * heads, each]), [0, 2, 1, 3])
    const part = (head: number) => tf.slice(split, [0, head, 0, 0], [images, heads, tokens, each])
    const queriesOf = tf.transpose(tf.reshape(q, [images, queries, heads, each]), [0, 2, 1, 3])
    const scores = tf.matMul(queriesOf, part(0), false, true)
    const softmax = tf.softmax(offsets ? tf.add(scores, offsets.all()) : scores)
    return [tf.matMul(softmax, part(heads)), softmax]
  }

  /** Two products for every head of every image. */
  function oneByOne(q: Tensor, kv: Tensor): [results: Tensor, weights?: Tensor] {
    const results: Tensor[] = []
    const maps: Tensor[] = []
    for (let image = 0; image < images; image++) {
      const ofQuery = headsOf(q, lowering.shape(query), image)
      const ofBoth = headsOf(kv, lowering.shape(keyValue), image)
      for (let head = 0; head < heads; head++) {
        const [result, map] = tf.tidy(() => {
          const key = tf.transpose(part(ofBoth, tokens, head))
          const size = [queries, each, tokens] as const
          const scores = dialect.product(part(ofQuery, queries, head), key, size)
          const softmax = tf.softmax(offsets ? tf.add(scores, offsets.ofHead(head)) : scores)
          const values = part(ofBoth, tokens, heads + head)
          const result = dialect.product(softmax, values, [queries, tokens, each])
          return weights === undefined ? ([result] as const) : ([result, softmax] as const)
        })
        results.push(result)
        if (map) maps.push(map)
      }
    }
    const all = tf.reshape(tf.concat(results, 0), [images, heads, queries, each])
    return weights === undefined ? [all] : [all, tf.concat(maps, 0)]
  }

  /** `[heads, rows, head width]` of one image; twice as many heads for keys and values. */
  function headsOf(x: Tensor, [rows, columns]: Shape, image: number) {
    const alone = images === 1 ? x : tf.slice(x, [image * rows, 0], [rows, columns])
    return tf.transpose(tf.reshape(alone, [rows, columns / each, each]), [1, 0, 2])
  }

  function part(x: Tensor, rows: number, head: number): Tensor {
    return tf.reshape(tf.slice(x, [head, 0, 0], [1, rows, each]), [rows, each])
  }
}
