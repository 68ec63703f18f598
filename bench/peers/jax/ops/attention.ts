import type { Attention } from '../../../../src/program/ops/attention.ts'
import { causalMask, refuseSoftmaxWeights } from '../../formats/attention.ts'
import type { JaxArray } from '../jax-js.ts'
import type { LowerOp } from '../lowering.ts'

/** Two products for every head: jax-js does not vectorise batched ones over slices. */
export const attention: LowerOp<Attention> = (op, lowering) => {
  refuseSoftmaxWeights(op, 'jax-js')
  const { numpy, nn } = lowering.jax
  const { heads } = op
  const [tokens] = lowering.shape(op.keyValue)
  const [queries] = lowering.shape(op.query)
  const each = lowering.shape(op.query)[1] / heads
  const q = lowering.value(op.query).mul(1 / Math.sqrt(each))
  const kv = lowering.value(op.keyValue)
  const part = (x: JaxArray, head: number) => x.ref.slice([], [head * each, (head + 1) * each])
  const bias = op.bias === undefined ? undefined : lowering.weight(op.bias)
  const mask = op.causal
    ? numpy.array(causalMask(queries), { shape: [queries, queries] })
    : undefined
  const results = Array.from({ length: heads }, (_, head) => {
    const scores = numpy.matmul(part(q, head), part(kv, head).transpose())
    return weightedSum(nn.softmax(offset(scores, head)), part(kv, heads + head))
  })
  bias?.dispose()
  mask?.dispose()
  q.dispose()
  kv.dispose()
  return numpy.concatenate(results, 1)

  function offset(scores: JaxArray, head: number): JaxArray {
    const ofHead = bias?.ref.slice([head * tokens, (head + 1) * tokens], []).transpose()
    const biased = ofHead ? scores.add(ofHead) : scores
    return mask ? biased.add(mask.ref) : biased
  }

  /**
   * Weights `[queries, tokens]` x values `[tokens, head width]`, the last tokens apart: the inner
   * loop is cut by a divisor of its length, and numbers of tokens are often prime.
   */
  function weightedSum(weights: JaxArray, values: JaxArray): JaxArray {
    const even = tokens - (tokens % 4)
    if (even === tokens || even === 0) return numpy.matmul(weights, values)
    const first = numpy.matmul(weights.ref.slice([], [0, even]), values.ref.slice([0, even], []))
    const rest = numpy.matmul(weights.slice([], [even, tokens]), values.slice([even, tokens], []))
    return first.add(rest)
  }
}
