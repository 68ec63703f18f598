import { WindowField } from '../../../../../../assembly/tape.ts'
import { TrainingOpcode, WindowBackwardField } from '../../../../../../assembly/training/tape.ts'
import type { MaxPoolBackward } from '../../../../../program/training/max-pool.ts'
import { windowFields } from '../../../lower/window-fields.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const maxPoolBackward: LowerTrainingOp<MaxPoolBackward> = (op, lowering) => {
  lowering.define(op.inputGradient)
  lowering.eachImage((image) => {
    lowering.emitTraining(TrainingOpcode.MaxPoolBackward, op.inputGradient, {
      ...windowFields(op, lowering),
      ...lowering.fieldsOf(WindowField.Input, op.input, image),
      ...lowering.fieldsOf(WindowField.Output, op.inputGradient, image),
      [WindowBackwardField.OutputRows]: op.window.outputs[0],
      ...lowering.fieldsOf(WindowBackwardField.Gradient, op.outputGradient, image),
    })
  })
}
