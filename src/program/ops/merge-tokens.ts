import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

/** Tokens that `MatchTokens` sends to one row become their mean, weighted by their sizes. */
export interface MergeTokens {
  readonly op: 'merge_tokens'
  /** `[tokens, width]` */
  readonly input: ValueId
  /** The row to which each token goes, `[tokens, 1]`. */
  readonly rows: ValueId
  /** `[tokens, 1]`; undefined where each is 1. */
  readonly sizes: ValueId | undefined
  /** `[tokens left, 1]` */
  readonly sizesAfter: ValueId
  /** `[tokens left, width]` */
  readonly output: ValueId
}

export const mergeTokensOperation: Operation<MergeTokens> = {
  op: 'merge_tokens',
  reads: ['input', 'rows', 'sizes', 'sizesAfter'],
  makes: ['output'],
  weights: {},
}
