import { MeanField, Opcode } from '../../../../../assembly/tape.ts'
import type { MeanRows } from '../../../../program/ops/mean-rows.ts'
import type { LowerOp } from './lower-op.ts'

export const meanRows: LowerOp<MeanRows> = ({ input, output, from }, lowering) => {
  const [rows, columns] = lowering.shape(input)
  lowering.define(output)
  lowering.eachImage((image) => {
    lowering.emit(Opcode.MeanRows, output, {
      [MeanField.Input]: lowering.rowOf(input, image, from),
      [MeanField.InputStride]: lowering.locate(input).stride,
      [MeanField.Output]: lowering.rowOf(output, image),
      [MeanField.Rows]: rows - from,
      [MeanField.Columns]: columns,
    })
  })
}
