import type { TokenEmbedding } from '../../../../../src/program/ops/token-embedding.ts'
import { refuseTexts } from '../../no-texts.ts'
import type { LowerOp } from '../lowering.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = refuseTexts
