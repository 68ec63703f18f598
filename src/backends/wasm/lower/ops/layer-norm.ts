import { NormField, Opcode } from '../../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../../program/ops/layer-norm.ts'
import type { Block, Lowering } from '../lowering.ts'
import type { Word } from '../tape-writer.ts'
import type { LowerOp } from './lower-op.ts'

export const layerNorm: LowerOp<LayerNorm> = (op, lowering, packing) => {
  const isFactor = lowering.readOnlyBy(op.output, (reader) => {
    return reader.op === 'linear' && reader.residual !== op.output
  })
  if (isFactor) return packing.defer(op)
  const { stride } = lowering.define(op.output)
  for (const block of lowering.blocks([op.input, op.output], Number.POSITIVE_INFINITY)) {
    lowering.emit(Opcode.Norm, op.output, {
      ...normFields(op, block, lowering),
      [NormField.Packed]: lowering.rowOf(op.output, block.image),
      [NormField.OutputStride]: stride,
    })
  }
}

/** What the records of a norm have in common. */
export function normFields(op: LayerNorm, block: Block, lowering: Lowering): Record<number, Word> {
  const [, columns] = lowering.shape(op.output)
  lowering.scratch.row = Math.max(lowering.scratch.row, columns)
  return {
    [NormField.Input]: lowering.rowOf(op.input, block.image),
    [NormField.InputStride]: lowering.locate(op.input).stride,
    [NormField.Rows]: block.rows,
    [NormField.Columns]: columns,
    [NormField.Scale]: lowering.weight(op.scale),
    [NormField.Bias]: lowering.weight(op.bias),
    [NormField.Epsilon]: new Uint32Array(Float32Array.of(op.eps).buffer)[0]!,
  }
}
