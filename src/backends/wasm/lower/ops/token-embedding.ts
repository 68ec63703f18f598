import { Opcode, TokensField } from '../../../../../assembly/tape.ts'
import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from './lower-op.ts'

/** Tokens without a prefix, of which each is a row of the table. */
export const tokenEmbedding: LowerOp<TokenEmbedding> = (op, lowering) => {
  const { ids, output } = op
  lowering.emitRows(Opcode.Tokens, { input: ids, output }, (text) => ({
    [TokensField.Input]: lowering.weight(op.table),
    [TokensField.InputStride]: 4 * lowering.shape(output)[1],
    [TokensField.Position]: lowering.weight(op.position),
    [TokensField.Ids]: lowering.rowOf(ids, text),
    [TokensField.Segment]: lowering.vector(op.segment),
  }))
}
