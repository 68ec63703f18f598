import { NormField, Opcode } from '../../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../../program/ops/layer-norm.ts'
import { normFields } from '../norm-fields.ts'
import type { LowerOp } from './lower-op.ts'

export const layerNorm: LowerOp<LayerNorm> = (op, lowering, packing) => {
  if (packing.deferNorm(op)) return
  const [rows, columns] = lowering.shape(op.output)
  const { stride } = lowering.define(op.output)
  for (const block of lowering.blocks(rows, [op.input, op.output], Number.POSITIVE_INFINITY)) {
    lowering.emit(Opcode.Norm, op.output, {
      ...normFields(op, lowering),
      [NormField.Input]: lowering.rowOf(op.input, block.image),
      [NormField.InputStride]: lowering.locate(op.input).stride,
      [NormField.Packed]: lowering.rowOf(op.output, block.image),
      [NormField.Rows]: block.rows,
      [NormField.Columns]: columns,
      [NormField.OutputStride]: stride,
    })
  }
}
