import type { LayerNormBackward } from '../../../../../program/training/layer-norm.ts'
import type { RmsNormBackward } from '../../../../../program/training/rms-norm.ts'
import type { Tensor, Tfjs } from '../../../tf.ts'
import { type LowerTrainingOp, wanted } from '../lowering.ts'
import { normalize, scaleToUnit } from './normalized.ts'

export const layerNormBackward: LowerTrainingOp<LayerNormBackward> = (op, lowering) => {
  const { tf } = lowering
  return (value) => {
    const dy = value(op.outputGradient)
    const { normal, gradient } = normalize(tf, value(op.input), 1, op.eps)
    return [
      wanted(op.inputGradient, () => gradient(tf.mul(dy, lowering.weight(op.scale)))),
      wanted(op.scaleGradient, () => scaleGradient(tf, dy, normal)),
      wanted(op.biasGradient, () => tf.sum(dy, 0)),
    ]
  }
}

export const rmsNormBackward: LowerTrainingOp<RmsNormBackward> = (op, lowering) => {
  const { tf } = lowering
  return (value) => {
    const dy = value(op.outputGradient)
    const { normal, gradient } = scaleToUnit(tf, value(op.input), op.eps)
    return [
      wanted(op.inputGradient, () => gradient(tf.mul(dy, lowering.weight(op.scale)))),
      wanted(op.scaleGradient, () => scaleGradient(tf, dy, normal)),
    ]
  }
}

const scaleGradient = (tf: Tfjs, dy: Tensor, normal: Tensor) => tf.sum(tf.mul(dy, normal), 0)
