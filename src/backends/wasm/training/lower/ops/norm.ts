import { NormBackwardField as F, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type { LayerNormBackward } from '../../../../../program/training/layer-norm.ts'
import type { RmsNormBackward } from '../../../../../program/training/rms-norm.ts'
import { floatBits } from '../../../lower/norm-fields.ts'
import { sumsFields } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

/** Of a layer norm or of an RMS norm. */
export const normBackward: LowerTrainingOp<LayerNormBackward | RmsNormBackward> = (
  op,
  lowering,
) => {
  const { input, outputGradient, inputGradient, scale, eps } = op
  const [rows, columns] = lowering.shape(input)
  const scaleSums = lowering.shared(op.scaleGradient)
  const biasGradient = op.op === 'layer_norm_backward' ? op.biasGradient : undefined
  const biasSums = lowering.shared(biasGradient)
  if (inputGradient !== undefined) lowering.define(inputGradient)
  const label = inputGradient ?? op.scaleGradient ?? biasGradient!
  const values = [input, outputGradient, ...(inputGradient === undefined ? [] : [inputGradient])]
  const blocks = lowering.blocks(rows, values, Number.POSITIVE_INFINITY)
  blocks.forEach(({ image, rows }, index) => {
    const fields = {
      ...lowering.fieldsOf(F.Input, input, image),
      ...lowering.fieldsOf(F.Output, inputGradient, image),
      [F.Rows]: rows,
      [F.Columns]: columns,
      ...lowering.fieldsOf(F.Gradient, outputGradient, image),
      [F.Stats]: lowering.tape.allocate(8 * rows),
      [F.Scale]: lowering.weight(scale),
      [F.Epsilon]: floatBits(eps),
      [F.Rms]: Number(op.op === 'rms_norm_backward'),
    }
    lowering.emitTraining(TrainingOpcode.NormBackward, label, fields)
    if (!scaleSums && !biasSums) return
    lowering.emitTraining(TrainingOpcode.NormSums, label, {
      ...fields,
      ...sumsFields(F.ScaleSums, scaleSums, index > 0),
      ...sumsFields(F.BiasSums, biasSums, index > 0),
    })
  })
}
