import { ArgumentError } from '../../errors.ts'
import type { ValueId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

/**
 * Scaled dot-product attention of all heads: `softmax(q k^T / sqrt(head width)) v`.
 * `query` is `[queries, width]`; `keyValue` is `[tokens, 2 * width]`, keys left of values.
 */
export interface Attention {
  readonly op: 'attention'
  readonly query: ValueId
  readonly keyValue: ValueId
  readonly output: ValueId
  /** The softmax weights `[heads * queries, tokens]`, where something reads them. */
  readonly weights: ValueId | undefined
  readonly heads: number
}

export const attentionOperation: Operation<Attention> = {
  op: 'attention',
  reads: ['query', 'keyValue'],
  makes: ['output', 'weights'],
  weights: {},
  // The rows of the softmax weights are those of every head, so all queries are computed for them.
  rowsRead: ({ weights }, rows) => (weights === undefined ? [rows, undefined] : undefined),
  products({ query, keyValue }, shapes) {
    const [queries, width] = shapes.value(query)
    return 2 * queries * shapes.value(keyValue)[0] * width
  },
}

/**
 * `[queries, width]`. The softmax weights become the value `NAME.weights`.
 * @throws ArgumentError where the width is no multiple of `heads`, or the shapes do not fit
 */
export function attention(
  net: Writer<Attention>,
  name: string,
  query: ValueId,
  keyValue: ValueId,
  heads: number,
): ValueId {
  const [queries, width] = net.shape(query)
  const [tokens, both] = net.shape(keyValue)
  checkShape(name, [tokens, both], [tokens, 2 * width])
  if (width % heads !== 0) {
    throw new ArgumentError(`A width of ${width} can't be divided among ${heads} heads.`)
  }
  const output = net.value(name, [queries, width])
  const weights = net.value(`${name}.weights`, [heads * queries, tokens])
  net.push({ op: 'attention', query, keyValue, output, weights, heads })
  return output
}
