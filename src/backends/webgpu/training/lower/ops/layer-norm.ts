import type { LayerNormBackward } from '../../../../../program/training/layer-norm.ts'
import { floatBits, spread, vectors } from '../../../kernels/kernel.ts'
import { layerNormBackward as kernel } from '../../kernels/layer-norm.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { columnSumsStep } from './column-sums.ts'

export const layerNormBackward: LowerTrainingOp<LayerNormBackward> = (op, lowering) => {
  const { input, outputGradient, inputGradient } = op
  const [rows, columns] = lowering.shape(input)
  const moments = lowering.scratch(rows, 4)
  const isWanted = inputGradient !== undefined
  const norm = kernel(isWanted, lowering.options.subgroups)
  return [
    {
      operands: [
        lowering.value(input),
        ...(isWanted ? [lowering.value(outputGradient), lowering.weight(op.scale)] : []),
        lowering.value(moments),
        ...(isWanted ? [lowering.value(inputGradient)] : []),
      ],
      makes: [moments, ...(isWanted ? [inputGradient] : [])],
      for: (images) => ({
        kernel: norm,
        params: [images * rows, columns, vectors(columns), floatBits(op.eps)],
        workgroups: spread(images * rows),
      }),
    },
    ...columnSumsStep(outputGradient, op.scaleGradient, lowering, [input, moments]),
    ...columnSumsStep(outputGradient, op.biasGradient, lowering),
  ]
}
