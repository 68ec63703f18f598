import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * Decides which tokens become one: bipartite soft matching of token merging (Bolya et al. 2023, section 3). Tokens of even
 * rows are matched with those of odd rows by the cosine of their keys, the mean of all heads. The `merged` tokens of even
 * rows that are most like their match become one with it. The `kept` first tokens are left alone.
 *
 * What is left is in this order: the kept tokens, the other tokens of even rows that stay (in their order, or from the
 * most to the least alike where none is kept), the other tokens of odd rows.
 */
export interface MatchTokens {
  readonly op: 'match_tokens'
  /** `[tokens, 2 * width]`, keys left of values. */
  readonly keyValue: ValueId
  /** How many tokens of the image each row stands for, `[tokens, 1]`; undefined where each stands for one. */
  readonly sizes: ValueId | undefined
  /** The row to which each token goes, `[tokens, 1]`. */
  readonly output: ValueId
  /** The sizes afterwards, `[tokens - merged, 1]`, where something reads them. */
  readonly sizesAfter: ValueId | undefined
  readonly heads: number
  readonly merged: number
  readonly kept: number
}

export const matchTokensOperation: Operation<MatchTokens> = {
  op: 'match_tokens',
  reads: ['keyValue', 'sizes'],
  makes: ['output', 'sizesAfter'],
  weights: {},
  products({ keyValue, heads }, shapes) {
    const [tokens, columns] = shapes.value(keyValue)
    return Math.ceil(tokens / 2) * Math.floor(tokens / 2) * (columns / 2 / heads)
  },
}
