import { UnsupportedError } from '../../errors.ts'
import type { Attention } from '../ops/attention.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of attention, head by head, with the softmax weights `P` and `D = P * (outputGradient V^T - delta)`, where `delta` are
 * the sums of the rows of `outputGradient * output`: the gradients are `D K / sqrt(d)` of the queries,
 * `D^T Q / sqrt(d)` of the keys, and `P^T outputGradient` of the values.
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
}

export const attentionBackwardOperation: Operation<AttentionBackward> = {
  op: 'attention_backward',
  reads: ['query', 'keyValue', 'output', 'outputGradient'],
  makes: ['queryGradient', 'keyValueGradient'],
  weights: {},
  products({ query, keyValue }, shapes) {
    const [queries, width] = shapes.value(query)
    return 5 * queries * shapes.value(keyValue)[0] * width
  },
}

export const attentionRule: Rule<Attention, AttentionBackward> = (op, outputGradient, net) => {
  const { query, keyValue, output, heads } = op
  const queryGradient = net.like(query)
  const keyValueGradient = net.like(keyValue)
  if (queryGradient === undefined && keyValueGradient === undefined) return
  if (op.causal || op.bias !== undefined) {
    throw new UnsupportedError('Causal attention, and attention with a bias, is not trained yet.')
  }
  const made = { queryGradient, keyValueGradient }
  net.push({ op: 'attention_backward', query, keyValue, output, outputGradient, ...made, heads })
  if (queryGradient !== undefined) net.pass(query, queryGradient)
  if (keyValueGradient !== undefined) net.pass(keyValue, keyValueGradient)
}
