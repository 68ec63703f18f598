import type { AttentionBackward } from '../../../../../program/training/attention.ts'
import type { Lowering } from '../../../lower/lowering.ts'
import { scoreOffsets } from '../../../lower/score-offsets.ts'
import type { Tensor } from '../../../tf.ts'
import { type LowerTrainingOp, type Multiply, multiplier } from '../lowering.ts'

/** What the gradients of one head are computed of, or of all heads where products of all are made at once. */
interface Head {
  readonly query: Tensor
  readonly key: Tensor
  readonly value: Tensor
  readonly output: Tensor
  readonly outputGradient: Tensor
}

type Gradients = readonly [query: Tensor, key: Tensor, value: Tensor]

export const attentionBackward: LowerTrainingOp<AttentionBackward> = (op, lowering) => {
  const { tf, dialect, images } = lowering
  const { heads } = op
  const [queries, width] = lowering.shape(op.query)
  const [tokens] = lowering.shape(op.keyValue)
  const each = width / heads
  const multiply = multiplier(lowering)
  const offsets = scoreOffsets(op, lowering)
  const compute = dialect.batchedProducts ? together : oneByOne
  return (value) => {
    /** `[images, heads, rows, head width]`; twice as many heads for keys and values. */
    const split = (x: Tensor, rows: number) =>
      tf.transpose(tf.reshape(x, [images, rows, -1, each]), [0, 2, 1, 3])
    const keyValue = split(value(op.keyValue), tokens)
    const half = (head: number) =>
      tf.slice(keyValue, [0, head, 0, 0], [images, heads, tokens, each])
    const [dq, dk, dv] = compute({
      query: split(value(op.query), queries),
      key: half(0),
      value: half(heads),
      output: split(value(op.output), queries),
      outputGradient: split(value(op.outputGradient), queries),
    })
    const join = (x: Tensor, rows: number) =>
      tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [images * rows, -1])
    return [join(dq, queries), join(tf.concat([dk, dv], 1), tokens)]
  }

  function together(all: Head): Gradients {
    return gradientsOf(all, lowering, multiply, each, offsets?.all())
  }

  function oneByOne(all: Head): Gradients {
    const results = Array.from({ length: images * heads }, (_, i) =>
      tf.tidy(() => {
        const at = [Math.floor(i / heads), i % heads, 0, 0]
        const one = (x: Tensor) => {
          const [, , rows, columns] = x.shape as [number, number, number, number]
          return tf.reshape(tf.slice(x, at, [1, 1, rows, columns]), [rows, columns])
        }
        const { query, key, value, output, outputGradient } = all
        return gradientsOf(
          {
            query: one(query),
            key: one(key),
            value: one(value),
            output: one(output),
            outputGradient: one(outputGradient),
          },
          lowering,
          multiply,
          each,
          offsets?.ofHead(i % heads),
        )
      }),
    )
    const joined = (part: 0 | 1 | 2, rows: number) => {
      const parts = results.map((gradients) => gradients[part])
      return tf.reshape(tf.concat(parts, 0), [images, heads, rows, each])
    }
    return [joined(0, queries), joined(1, tokens), joined(2, tokens)]
  }
}

function gradientsOf(
  { query, key, value, output, outputGradient }: Head,
  { tf }: Lowering,
  multiply: Multiply,
  each: number,
  offsets: Tensor | undefined,
): Gradients {
  const factor = 1 / Math.sqrt(each)
  const last = query.shape.length - 1
  const products = tf.mul(multiply(query, key, false, true), factor)
  const softmax = tf.softmax(offsets ? tf.add(products, offsets) : products)
  const delta = tf.sum(tf.mul(outputGradient, output), last, true)
  const ofSoftmax = multiply(outputGradient, value, false, true)
  const scores = tf.mul(tf.mul(softmax, tf.sub(ofSoftmax, delta)), factor)
  return [
    multiply(scores, key),
    multiply(scores, query, true),
    multiply(softmax, outputGradient, true),
  ]
}
