import { UnsupportedError } from '../../../../errors.ts'
import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from './lower-op.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = () => {
  throw new UnsupportedError('TODO')
}
