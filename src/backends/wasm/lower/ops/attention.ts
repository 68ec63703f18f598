import { AttentionField, Opcode } from '../../../../../assembly/tape.ts'
import type { Attention } from '../../../../program/ops/attention.ts'
import type { LowerOp } from './lower-op.ts'

export const attention: LowerOp<Attention> = (op, lowering) => {
  const { query, keyValue, output, weights, heads, causal, bias } = op
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
    const fields = {
      ...tokensAndHeads,
      ...lowering.fieldsOf(AttentionField.Query, query, image),
      ...lowering.fieldsOf(AttentionField.Output, output, image),
      [AttentionField.Queries]: queries,
      ...lowering.fieldsOf(AttentionField.Weights, weights, image),
      [AttentionField.Zeros]: lowering.addresses.zeros,
      [AttentionField.Causal]: Number(causal),
      [AttentionField.Bias]: bias === undefined ? 0 : lowering.weight(bias),
    }
    lowering.emit(Opcode.Attention, output, fields, 4 * queries * tokens * width)
  })
}
