import { CrossEntropyField as F, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type { CrossEntropy } from '../../../../../program/training/cross-entropy.ts'
import { floatBits } from '../../../lower/norm-fields.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const crossEntropy: LowerTrainingOp<CrossEntropy> = (op, lowering) => {
  const { logits, targets, loss, logitsGradient, weight } = op
  for (const id of [loss, logitsGradient]) lowering.define(id)
  lowering.eachImage((image) => {
    lowering.emitTraining(TrainingOpcode.CrossEntropy, loss, {
      [F.Logits]: lowering.rowOf(logits, image),
      [F.Targets]: lowering.rowOf(targets, image),
      [F.Loss]: lowering.rowOf(loss, image),
      [F.Gradient]: lowering.rowOf(logitsGradient, image),
      [F.Columns]: lowering.shape(logits)[1],
      [F.Weight]: floatBits(weight),
    })
  })
}
