import { ArgumentError } from '../../errors.ts'
import { type Attention, attentionOperation } from '../ops/attention.ts'
import { checkShape } from '../ops/check-shape.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

export interface AttentionOptions {
  /** Whether a query sees only the keys up to its own row; no unless given. */
  causal?: boolean
  /** The name of a weight `[heads * keys, queries]` that is added to the scaled scores; see `Attention`. */
  bias?: string
  /** How many tokens each key stands for, `[tokens, 1]`; see `Attention`. */
  sizes?: ValueId
}

/**
 * `[queries, width]`. The softmax weights become the value `NAME.weights`.
 * @throws ArgumentError where the width is no multiple of `heads`, or the shapes do not fit; where causal attention has
 *   more or fewer queries than keys
 */
export function attention(
  net: Writer<Attention>,
  name: string,
  query: ValueId,
  keyValue: ValueId,
  heads: number,
  { causal = false, bias, sizes }: AttentionOptions = {},
): ValueId {
  const [queries, width] = net.shape(query)
  const [tokens, both] = net.shape(keyValue)
  checkShape(name, [tokens, both], [tokens, 2 * width])
  if (width % heads !== 0) {
    throw new ArgumentError(`A width of ${width} can't be divided among ${heads} heads.`)
  }
  if (causal && queries !== tokens) {
    throw new ArgumentError(
      `${name}: causal attention needs as many queries as keys; found ${queries} and ${tokens}.`,
    )
  }
  if (sizes !== undefined) {
    checkShape(`${name}, sizes`, net.shape(sizes), [tokens, 1])
    if (bias !== undefined)
      throw new ArgumentError(`${name} has sizes and a bias; give one of them.`)
  }
  const output = net.value(name, [queries, width])
  const weights = net.value(`${name}.weights`, [heads * queries, tokens])
  net.push({
    ...{ op: 'attention', query, keyValue, output, weights, heads, causal, sizes },
    bias:
      bias === undefined
        ? undefined
        : net.weight(bias, [heads * tokens, queries], attentionOperation.weights.bias!),
  })
  return output
}
