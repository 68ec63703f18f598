import {
  GroupNormBackwardField as F,
  TrainingOpcode,
} from '../../../../../../assembly/training/tape.ts'
import type { GroupNormBackward } from '../../../../../program/training/group-norm.ts'
import { floatBits } from '../../../lower/norm-fields.ts'
import { padFloats } from '../../../memory/layout.ts'
import { sumsFields } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const groupNormBackward: LowerTrainingOp<GroupNormBackward> = (op, lowering) => {
  const { input, inputGradient, residualGradient } = op
  const [rows, columns] = lowering.shape(input)
  const scaleSums = lowering.shared(op.scaleGradient)
  const biasSums = lowering.shared(op.biasGradient)
  // Twelve floats for each column; see assembly/training/groupnorm.ts.
  lowering.useScratch(3 * padFloats(columns))
  for (const id of [inputGradient, residualGradient]) if (id !== undefined) lowering.define(id)
  const label = inputGradient ?? residualGradient ?? op.scaleGradient ?? op.biasGradient!
  lowering.eachImage((image) => {
    const fields = {
      ...lowering.fieldsOf(F.Input, input, image),
      [F.Rows]: rows,
      [F.Columns]: columns,
      [F.Groups]: op.groups,
      [F.Scale]: lowering.weight(op.scale),
      [F.Epsilon]: floatBits(op.eps),
      ...lowering.fieldsOf(F.Gradient, op.outputGradient, image),
      ...lowering.fieldsOf(F.Masked, op.activation === 'relu' ? op.output : undefined, image),
      ...lowering.fieldsOf(F.Residual, residualGradient, image),
      ...lowering.fieldsOf(F.Output, inputGradient, image),
      ...sumsFields(F.ScaleSums, scaleSums, image > 0),
      ...sumsFields(F.BiasSums, biasSums, image > 0),
    }
    lowering.emitTraining(TrainingOpcode.GroupNormBackward, label, fields)
  })
}
