import { PlaceRowsField as F, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type { MeanRowsBackward, RowsBackward } from '../../../../../program/training/rows.ts'
import { floatBits } from '../../../lower/norm-fields.ts'
import type { Word } from '../../../lower/tape-writer.ts'
import type { TrainingLowering } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const rowsBackward: LowerTrainingOp<RowsBackward> = (op, lowering) =>
  emit(op, lowering, {
    [F.Count]: lowering.shape(op.outputGradient)[0],
    [F.Factor]: floatBits(1),
  })

export const meanRowsBackward: LowerTrainingOp<MeanRowsBackward> = (op, lowering) => {
  const count = lowering.shape(op.inputGradient)[0] - op.from
  emit(op, lowering, {
    [F.InputStride]: 0,
    [F.Count]: count,
    [F.Factor]: floatBits(1 / count),
  })
}

function emit(
  op: RowsBackward | MeanRowsBackward,
  lowering: TrainingLowering,
  fields: Readonly<Record<number, Word>>,
): void {
  const { outputGradient, inputGradient, from } = op
  const [rows, columns] = lowering.shape(inputGradient)
  lowering.define(inputGradient)
  lowering.eachImage((image) => {
    lowering.emitTraining(TrainingOpcode.PlaceRows, inputGradient, {
      ...lowering.fieldsOf(F.Input, outputGradient, image),
      ...lowering.fieldsOf(F.Output, inputGradient, image),
      [F.Rows]: rows,
      [F.Columns]: columns,
      [F.From]: from,
      ...fields,
    })
  })
}
