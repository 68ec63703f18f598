import { UnsupportedError } from '../../../../errors.ts'
import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from './lower-op.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = {
  full: ({ output }) => [output],
  lower() {
    throw new UnsupportedError('TODO')
  },
}
