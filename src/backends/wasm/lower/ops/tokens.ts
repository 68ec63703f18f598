import { Opcode, TokensField } from '../../../../../assembly/tape.ts'
import type { Tokens } from '../../../../program/ops/tokens.ts'
import type { LowerOp } from './lower-op.ts'

export const tokens: LowerOp<Tokens> = (op, lowering) => {
  const [rows, columns] = lowering.shape(op.output)
  const { stride } = lowering.define(op.output)
  lowering.eachImage((image) => {
    lowering.emit(Opcode.Tokens, op.output, {
      [TokensField.Input]: lowering.rowOf(op.input, image),
      [TokensField.InputStride]: lowering.locate(op.input).stride,
      [TokensField.Output]: lowering.rowOf(op.output, image),
      [TokensField.OutputStride]: stride,
      [TokensField.Rows]: rows,
      [TokensField.Columns]: columns,
      [TokensField.Prefix]: lowering.vector(op.prefix),
      [TokensField.PrefixRows]: rows - lowering.shape(op.input)[0],
      [TokensField.Position]: lowering.weight(op.position),
      [TokensField.Segment]: lowering.addresses.zeros,
    })
  })
}
