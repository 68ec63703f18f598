import { UnsupportedError } from '../../../../../src/errors.ts'
import type { TokenEmbedding } from '../../../../../src/program/ops/token-embedding.ts'
import type { LowerOp } from '../lowering.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = () => {
  throw new UnsupportedError('TODO')
}
