import type { MeanRowsBackward, RowsBackward } from '../../../../../program/training/rows.ts'
import type { TokensBackward } from '../../../../../program/training/tokens.ts'
import type { ValueId } from '../../../../../program/values.ts'
import { spread, vectors } from '../../../kernels/kernel.ts'
import { rows as copyRows, ROW_THREADS } from '../../../kernels/rows.ts'
import { rowStep } from '../../../lower/ops/rows.ts'
import type { Step } from '../../../lower/step.ts'
import { imageSums, placeRows } from '../../kernels/rows.ts'
import type { LowerTrainingOp, TrainingLowering } from '../lowering.ts'

export const rowsBackward: LowerTrainingOp<RowsBackward> = (op, lowering) => {
  const { outputGradient, inputGradient, from } = op
  const read = [lowering.value(outputGradient)]
  return [rowStep(lowering, placeRows(false), read, outputGradient, inputGradient, from)]
}

export const meanRowsBackward: LowerTrainingOp<MeanRowsBackward> = (op, lowering) => {
  const { outputGradient, inputGradient, from } = op
  const read = [lowering.value(outputGradient)]
  return [rowStep(lowering, placeRows(true), read, outputGradient, inputGradient, from)]
}

export const tokensBackward: LowerTrainingOp<TokensBackward> = (op, lowering) => {
  const { outputGradient, inputGradient, prefixRows } = op
  const [rows] = lowering.shape(outputGradient)
  const read = [lowering.value(outputGradient)]
  const kernel = copyRows('f32', 'f32')
  return [
    ...(inputGradient === undefined
      ? []
      : [rowStep(lowering, kernel, read, outputGradient, inputGradient, prefixRows)]),
    ...imageSumsStep(outputGradient, prefixRows, op.prefixGradient, lowering),
    ...imageSumsStep(outputGradient, rows, op.positionGradient, lowering),
  ]
}

/** The sums of the first rows of all images, for a weight; nothing where that is frozen. */
function imageSumsStep(
  value: ValueId,
  rows: number,
  gradient: ValueId | undefined,
  lowering: TrainingLowering,
): Omit<Step, 'label'>[] {
  const sums = lowering.gradient(gradient)
  if (!sums) return []
  const [inRows, columns] = lowering.shape(value)
  const columns4 = vectors(columns)
  return [
    {
      operands: [lowering.value(value), sums.operand],
      makes: [],
      for: (images) => ({
        kernel: imageSums(sums.adds),
        params: [rows, columns4, inRows, images],
        workgroups: spread(Math.ceil((rows * columns4) / ROW_THREADS)),
      }),
    },
  ]
}
