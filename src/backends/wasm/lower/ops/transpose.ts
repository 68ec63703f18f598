import { Opcode, TransposeField } from '../../../../../assembly/tape.ts'
import type { Transpose } from '../../../../program/ops/transpose.ts'
import type { LowerOp } from './lower-op.ts'

export const transpose: LowerOp<Transpose> = (op, lowering, packing) => {
  if (packing.deferTranspose(op)) return
  lowering.emitRows(Opcode.Transpose, op, (image) =>
    lowering.fieldsOf(TransposeField.Residual, op.residual, image),
  )
}
