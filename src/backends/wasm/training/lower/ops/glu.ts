import { ActivateField as F, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type { GluBackward } from '../../../../../program/training/glu.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const gluBackward: LowerTrainingOp<GluBackward> = (op, lowering) => {
  const { input, outputGradient, inputGradient } = op
  const [rows, columns] = lowering.shape(outputGradient)
  // Two panels; see assembly/training/activation.ts.
  lowering.useScratch(16)
  lowering.define(inputGradient)
  const values = [input, outputGradient, inputGradient]
  for (const block of lowering.blocks(rows, values, Number.POSITIVE_INFINITY)) {
    lowering.emitTraining(TrainingOpcode.GluBackward, inputGradient, {
      ...lowering.fieldsOf(F.Input, input, block.image),
      ...lowering.fieldsOf(F.Output, inputGradient, block.image),
      [F.Rows]: block.rows,
      [F.Columns]: columns,
      ...lowering.fieldsOf(F.Second, outputGradient, block.image),
    })
  }
}
