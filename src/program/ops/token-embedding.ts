import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * The embedding of a text: for every token its row of the table, plus the row of its position, plus a row that all
 * tokens share (BERT's embedding of the first segment).
 */
export interface TokenEmbedding {
  readonly op: 'token_embedding'
  /** `[tokens, 1]`, i32. The caller checks that each is a row of the table. */
  readonly ids: ValueId
  readonly output: ValueId
  /** `[vocabulary, width]` */
  readonly table: WeightId
  /** `[positions, width]`; the first ones are used. */
  readonly position: WeightId
  /** `[1, width]` */
  readonly segment: WeightId | undefined
}

export const tokenEmbeddingOperation: Operation<TokenEmbedding> = {
  op: 'token_embedding',
  reads: ['ids'],
  makes: ['output'],
  weights: { table: 'tokens', position: 'tokens', segment: 'tokens' },
}
