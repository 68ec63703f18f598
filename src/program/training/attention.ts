import type { Attention } from '../ops/attention.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of attention, head by head, with the softmax weights `P` and `D = P * (outputGradient V^T - delta)`, where `delta` are
 * the sums of the rows of `outputGradient * output`: the gradients are `D K / sqrt(d)` of the queries,
 * `D^T Q / sqrt(d)` of the keys, and `P^T outputGradient` of the values. A bias is a table, which has no gradient.
 */
export interface AttentionBackward {
  readonly op: 'attention_backward'
  readonly query: ValueId
  readonly keyValue: ValueId
  readonly output: ValueId
  readonly outputGradient: ValueId
  readonly queryGradient: ValueId | undefined
  readonly keyValueGradient: ValueId | undefined
  readonly heads: number
  /** As those of `Attention`. */
  readonly causal: boolean
  readonly bias: WeightId | undefined
}

export const attentionBackwardOperation: Operation<AttentionBackward> = {
  op: 'attention_backward',
  reads: ['query', 'keyValue', 'output', 'outputGradient'],
  makes: ['queryGradient', 'keyValueGradient'],
  weights: { bias: 'table' },
  products({ query, keyValue, causal }, shapes) {
    const [queries, width] = shapes.value(query)
    const keys = causal ? (queries + 1) / 2 : shapes.value(keyValue)[0]
    return 5 * queries * keys * width
  },
}

export const attentionRule: Rule<Attention, AttentionBackward> = (op, outputGradient, net) => {
  const { query, keyValue, output, heads, causal, bias } = op
  const queryGradient = net.like(query)
  const keyValueGradient = net.like(keyValue)
  if (queryGradient === undefined && keyValueGradient === undefined) return
  const made = { queryGradient, keyValueGradient }
  const read = { query, keyValue, output, outputGradient, bias }
  net.push({ op: 'attention_backward', ...read, ...made, heads, causal })
  if (queryGradient !== undefined) net.pass(query, queryGradient)
  if (keyValueGradient !== undefined) net.pass(keyValue, keyValueGradient)
}
