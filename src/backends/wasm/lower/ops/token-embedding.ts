import { Opcode, TokensField } from '../../../../../assembly/tape.ts'
import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from './lower-op.ts'

/** Tokens without a prefix, of which each is a row of the table. */
export const tokenEmbedding: LowerOp<TokenEmbedding> = (op, lowering) => {
  const [rows, columns] = lowering.shape(op.output)
  const { stride } = lowering.define(op.output)
  lowering.eachImage((text) => {
    lowering.emit(Opcode.Tokens, op.output, {
      [TokensField.Input]: lowering.weight(op.table),
      [TokensField.InputStride]: 4 * columns,
      [TokensField.Output]: lowering.rowOf(op.output, text),
      [TokensField.OutputStride]: stride,
      [TokensField.Rows]: rows,
      [TokensField.Columns]: columns,
      [TokensField.Position]: lowering.weight(op.position),
      [TokensField.Ids]: lowering.rowOf(op.ids, text),
      [TokensField.Segment]: lowering.vector(op.segment),
    })
  })
}
