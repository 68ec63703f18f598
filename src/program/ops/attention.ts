import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * Scaled dot-product attention of all heads: `softmax(q k^T / sqrt(head width) + bias + log(sizes)) v`.
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
  /** Whether a query sees only the keys up to its own row; there are as many queries as keys then. */
  readonly causal: boolean
  /** `[heads * keys, queries]`: of every head the transposed matrix, so that queries lie side by side. */
  readonly bias: WeightId | undefined
  /**
   * How many tokens each key stands for, `[tokens, 1]`, from 1: it counts as so many equal keys (proportional attention of
   * Bolya et al. 2023). Undefined where each stands for one, and with a bias.
   */
  readonly sizes: ValueId | undefined
}

export const attentionOperation: Operation<Attention> = {
  op: 'attention',
  reads: ['query', 'keyValue', 'sizes'],
  makes: ['output', 'weights'],
  weights: { bias: 'table' },
  // The rows of the softmax weights are those of every head, so all queries are computed for them. A bias and a causal
  // mask belong to the numbers of queries, which would change.
  rowsRead: ({ weights, causal, bias }, rows) =>
    weights === undefined && !causal && bias === undefined
      ? [rows, undefined, undefined]
      : undefined,
  products({ query, keyValue, causal }, shapes) {
    const [queries, width] = shapes.value(query)
    const keys = causal ? (queries + 1) / 2 : shapes.value(keyValue)[0]
    return 2 * queries * keys * width
  },
}
