import { EmbedField, Opcode } from '../../../../../assembly/tape.ts'
import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import type { LowerOp } from './lower-op.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = (op, lowering) => {
  const [rows, columns] = lowering.shape(op.output)
  const { stride } = lowering.define(op.output)
  lowering.eachImage((text) => {
    lowering.emit(Opcode.Embed, op.output, {
      [EmbedField.Ids]: lowering.rowOf(op.ids, text),
      [EmbedField.IdStride]: lowering.locate(op.ids).stride,
      [EmbedField.Output]: lowering.rowOf(op.output, text),
      [EmbedField.OutputStride]: stride,
      [EmbedField.Rows]: rows,
      [EmbedField.Columns]: columns,
      [EmbedField.Table]: lowering.weight(op.table),
      [EmbedField.Position]: lowering.weight(op.position),
      [EmbedField.Segment]: lowering.vector(op.segment),
    })
  })
}
