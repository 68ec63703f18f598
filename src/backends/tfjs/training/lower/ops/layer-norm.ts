import type { LayerNormBackward } from '../../../../../program/training/layer-norm.ts'
import { type LowerTrainingOp, wanted } from '../lowering.ts'
import { normalize } from './normalized.ts'

export const layerNormBackward: LowerTrainingOp<LayerNormBackward> = (op, lowering) => {
  const { tf } = lowering
  return (value) => {
    const dy = value(op.outputGradient)
    const { normal, gradient } = normalize(tf, value(op.input), 1, op.eps)
    return [
      wanted(op.inputGradient, () => gradient(tf.mul(dy, lowering.weight(op.scale)))),
      wanted(op.scaleGradient, () => tf.sum(tf.mul(dy, normal), 0)),
      wanted(op.biasGradient, () => tf.sum(dy, 0)),
    ]
  }
}
