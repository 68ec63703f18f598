import { NormField, Opcode } from '../../../../../assembly/tape.ts'
import { type Norm, normFields } from '../norm-fields.ts'
import type { LowerOp } from './lower-op.ts'

/** A layer norm or an RMS norm. */
export const norm: LowerOp<Norm> = (op, lowering, packing) => {
  if (packing.deferNorm(op)) return
  const [rows, columns] = lowering.shape(op.output)
  lowering.define(op.output)
  for (const block of lowering.blocks(rows, [op.input, op.output], Number.POSITIVE_INFINITY)) {
    lowering.emit(Opcode.Norm, op.output, {
      ...lowering.fieldsOf(NormField.Input, op.input, block.image),
      ...lowering.fieldsOf(NormField.Output, op.output, block.image),
      [NormField.Rows]: block.rows,
      [NormField.Columns]: columns,
      ...normFields(op, lowering),
    })
  }
}
