import { GroupNormField, Opcode } from '../../../../../assembly/tape.ts'
import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import { padFloats } from '../../memory/layout.ts'
import { floatBits } from '../norm-fields.ts'
import type { LowerOp } from './lower-op.ts'

export const groupNorm: LowerOp<GroupNorm> = (op, lowering) => {
  // Eight floats for each column; see assembly/groupnorm.ts.
  lowering.useScratch(2 * padFloats(lowering.shape(op.output)[1]))
  lowering.emitRows(Opcode.GroupNorm, op, (image) => ({
    ...lowering.fieldsOf(GroupNormField.Residual, op.residual, image),
    [GroupNormField.Groups]: op.groups,
    [GroupNormField.Scale]: lowering.weight(op.scale),
    [GroupNormField.Bias]: lowering.weight(op.bias),
    [GroupNormField.Epsilon]: floatBits(op.eps),
    [GroupNormField.Relu]: Number(op.activation === 'relu'),
  }))
}
