import { GroupNormField, Opcode } from '../../../../../assembly/tape.ts'
import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import { padFloats } from '../../memory/layout.ts'
import { floatBits } from '../norm-fields.ts'
import type { LowerOp } from './lower-op.ts'

export const groupNorm: LowerOp<GroupNorm> = (op, lowering) => {
  const { input, output, residual } = op
  const [rows, columns] = lowering.shape(output)
  const { stride } = lowering.define(output)
  // Eight floats for each column; see assembly/groupnorm.ts.
  lowering.useScratch(2 * padFloats(columns))
  lowering.eachImage((image) => {
    lowering.emit(Opcode.GroupNorm, output, {
      [GroupNormField.Input]: lowering.rowOf(input, image),
      [GroupNormField.InputStride]: lowering.locate(input).stride,
      [GroupNormField.Output]: lowering.rowOf(output, image),
      [GroupNormField.OutputStride]: stride,
      [GroupNormField.Rows]: rows,
      [GroupNormField.Columns]: columns,
      [GroupNormField.Groups]: op.groups,
      [GroupNormField.Scale]: lowering.weight(op.scale),
      [GroupNormField.Bias]: lowering.weight(op.bias),
      [GroupNormField.Epsilon]: floatBits(op.eps),
      [GroupNormField.Residual]: residual === undefined ? 0 : lowering.rowOf(residual, image),
      [GroupNormField.ResidualStride]:
        residual === undefined ? 0 : lowering.locate(residual).stride,
      [GroupNormField.Relu]: Number(op.activation === 'relu'),
    })
  })
}
