import { Opcode, TransposeField } from '../../../../../assembly/tape.ts'
import type { Transpose } from '../../../../program/ops/transpose.ts'
import type { LowerOp } from './lower-op.ts'

export const transpose: LowerOp<Transpose> = (op, lowering, packing) => {
  if (packing.deferTranspose(op)) return
  const { input, output, residual } = op
  const [rows, columns] = lowering.shape(output)
  const { stride } = lowering.define(output)
  lowering.eachImage((image) => {
    lowering.emit(Opcode.Transpose, output, {
      [TransposeField.Input]: lowering.rowOf(input, image),
      [TransposeField.InputStride]: lowering.locate(input).stride,
      [TransposeField.Output]: lowering.rowOf(output, image),
      [TransposeField.OutputStride]: stride,
      [TransposeField.Rows]: rows,
      [TransposeField.Columns]: columns,
      [TransposeField.Residual]: residual === undefined ? 0 : lowering.rowOf(residual, image),
      [TransposeField.ResidualStride]:
        residual === undefined ? 0 : lowering.locate(residual).stride,
    })
  })
}
