import { DirectionField, MatchField, Opcode, TokenRowsField } from '../../../../../assembly/tape.ts'
import type { MatchTokens } from '../../../../program/ops/match-tokens.ts'
import { rowStride } from '../../memory/layout.ts'
import type { LowerOp } from './lower-op.ts'

export const matchTokens: LowerOp<MatchTokens> = (op, lowering) => {
  const { keyValue, sizes, output, sizesAfter, heads, merged, kept } = op
  const [tokens, columns] = lowering.shape(keyValue)
  const headWidth = columns / 2 / heads
  lowering.define(output)
  if (sizesAfter !== undefined) lowering.define(sizesAfter)
  lowering.eachImage((image) => {
    const directions = lowering.tape.allocate(tokens * rowStride(headWidth))
    const input = { [MatchField.Input]: directions, [MatchField.InputStride]: rowStride(headWidth) }
    lowering.emit(Opcode.KeyDirections, output, {
      ...lowering.fieldsOf(DirectionField.Input, keyValue, image),
      [DirectionField.Output]: directions,
      [DirectionField.OutputStride]: rowStride(headWidth),
      [DirectionField.Rows]: tokens,
      [DirectionField.Columns]: headWidth,
      [DirectionField.Heads]: heads,
    })
    const cosines = lowering.tape.allocate(4 * tokens)
    const matches = lowering.tape.allocate(4 * tokens)
    const products = 2 * Math.ceil(tokens / 2) * Math.floor(tokens / 2) * headWidth
    lowering.emit(
      Opcode.MatchTokens,
      output,
      {
        ...input,
        [MatchField.Cosines]: cosines,
        [MatchField.Matches]: matches,
        [MatchField.Rows]: tokens,
        [MatchField.Columns]: headWidth,
        [MatchField.Kept]: kept,
      },
      products,
    )
    lowering.emit(Opcode.PlaceTokens, output, {
      [TokenRowsField.Cosines]: cosines,
      [TokenRowsField.Matches]: matches,
      ...lowering.fieldsOf(TokenRowsField.Output, output, image),
      [TokenRowsField.Rows]: tokens,
      [TokenRowsField.Kept]: kept,
      [TokenRowsField.Merged]: merged,
      ...lowering.fieldsOf(TokenRowsField.Sizes, sizes, image),
      ...lowering.fieldsOf(TokenRowsField.SizesAfter, sizesAfter, image),
    })
  })
}
