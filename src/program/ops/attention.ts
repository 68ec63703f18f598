import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

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
