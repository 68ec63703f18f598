import type { LayerNormBackward } from '../../../../../program/training/layer-norm.ts'
import type { RmsNormBackward } from '../../../../../program/training/rms-norm.ts'
import { floatBits, spread, vectors } from '../../../kernels/kernel.ts'
import { normBackward as kernel } from '../../kernels/norm.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { columnSumsStep } from './column-sums.ts'

/** Of a layer norm or of an RMS norm. */
export const normBackward: LowerTrainingOp<LayerNormBackward | RmsNormBackward> = (
  op,
  lowering,
) => {
  const { input, outputGradient, inputGradient } = op
  const [rows, columns] = lowering.shape(input)
  const moments = lowering.scratch(rows, 4)
  const isWanted = inputGradient !== undefined
  const isLayerNorm = op.op === 'layer_norm_backward'
  const kind = isLayerNorm ? 'layer_norm' : 'rms_norm'
  const norm = kernel(kind, isWanted, lowering.options.subgroups)
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
    ...(isLayerNorm ? columnSumsStep(outputGradient, op.biasGradient, lowering) : []),
  ]
}
