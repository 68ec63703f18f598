import { AttentionField, DirectionField, Opcode } from '../../../../../assembly/tape.ts'
import type { Attention } from '../../../../program/ops/attention.ts'
import type { ValueId } from '../../../../program/values.ts'
import type { Lowering } from '../lowering.ts'
import type { Slot } from '../tape-writer.ts'
import type { LowerOp } from './lower-op.ts'

export const attention: LowerOp<Attention> = (op, lowering) => {
  const { query, keyValue, output, weights, heads, causal, bias, sizes } = op
  const [queries, width] = lowering.shape(query)
  const [tokens] = lowering.shape(keyValue)
  const headWidth = width / heads
  const { scratch } = lowering
  scratch.tokens = Math.max(scratch.tokens, tokens)
  scratch.headWidth = Math.max(scratch.headWidth, headWidth)
  const defined = [output, ...(weights === undefined ? [] : [weights])]
  lowering.eachImage((image) => {
    const tokensAndHeads = {
      [AttentionField.Packed]: lowering.tape.allocate(tokens * width * 8),
      [AttentionField.Tokens]: tokens,
      [AttentionField.Heads]: heads,
      [AttentionField.HeadWidth]: headWidth,
    }
    lowering.emit(Opcode.AttentionPack, output, {
      ...tokensAndHeads,
      ...lowering.fieldsOf(AttentionField.KeyValue, keyValue, image),
    })
    // After packing, so that the outputs may reuse memory whose last reader is the packing.
    if (image === 0) for (const id of defined) lowering.define(id)
    const logSizes = sizes === undefined ? 0 : emitLogSizes(sizes, image, lowering)
    const fields = {
      ...tokensAndHeads,
      ...lowering.fieldsOf(AttentionField.Query, query, image),
      ...lowering.fieldsOf(AttentionField.Output, output, image),
      [AttentionField.Queries]: queries,
      ...lowering.fieldsOf(AttentionField.Weights, weights, image),
      [AttentionField.Zeros]: lowering.addresses.zeros,
      [AttentionField.Causal]: Number(causal),
      [AttentionField.Bias]: bias === undefined ? 0 : lowering.weight(bias),
      [AttentionField.LogSizes]: logSizes,
    }
    lowering.emit(Opcode.Attention, output, fields, 4 * queries * tokens * width)
  })
}

/** Makes a row of a panel of the logarithm of each size. Returns where they are. */
function emitLogSizes(sizes: ValueId, image: number, lowering: Lowering): Slot {
  const [rows] = lowering.shape(sizes)
  const logs = lowering.tape.allocate(4 * rows * lowering.addresses.build.panel)
  lowering.emit(Opcode.LogSizes, sizes, {
    ...lowering.fieldsOf(DirectionField.Input, sizes, image),
    [DirectionField.Output]: logs,
    [DirectionField.Rows]: rows,
  })
  return logs
}
