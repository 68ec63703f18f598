import type { TokenEmbedding } from '../../../../src/program/ops/token-embedding.ts'
import { refuseTexts } from '../../formats/no-texts.ts'
import type { LowerOp } from '../lowering.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = refuseTexts
