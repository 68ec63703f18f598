import { Opcode, WindowField } from '../../../../../assembly/tape.ts'
import type { MaxPool } from '../../../../program/ops/max-pool.ts'
import { windowFields } from '../window-fields.ts'
import type { LowerOp } from './lower-op.ts'

export const maxPool: LowerOp<MaxPool> = ({ input, output, window }, lowering) => {
  const [rows] = lowering.shape(output)
  const { stride } = lowering.define(output)
  lowering.eachImage((image) => {
    lowering.emit(Opcode.MaxPool, output, {
      ...windowFields(input, window, image, lowering),
      [WindowField.Packed]: lowering.rowOf(output, image),
      [WindowField.OutputStride]: stride,
      [WindowField.Rows]: rows,
    })
  })
}
