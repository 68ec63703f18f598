import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/** Prefix tokens, then the input's rows; the position embedding is added to all of them. */
export interface Tokens {
  readonly op: 'tokens'
  readonly input: ValueId
  readonly output: ValueId
  /** `[prefix, width]` */
  readonly prefix: WeightId | undefined
  /** `[prefix + input rows, width]` */
  readonly position: WeightId
}

export const tokensOperation: Operation<Tokens> = {
  op: 'tokens',
  reads: ['input'],
  makes: ['output'],
  weights: { prefix: 'tokens', position: 'tokens' },
}
