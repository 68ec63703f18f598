import type { GroupNormBackward } from '../../../../../program/training/group-norm.ts'
import type { Tensor } from '../../../tf.ts'
import { type LowerTrainingOp, wanted } from '../lowering.ts'
import { normalize } from './normalized.ts'

export const groupNormBackward: LowerTrainingOp<GroupNormBackward> = (op, lowering) => {
  const { tf, images } = lowering
  const { groups, eps, activation } = op
  const [rows, columns] = lowering.shape(op.input)
  const inGroups = (x: Tensor) => tf.reshape(x, [images, rows, groups, columns / groups])
  const flat = (x: Tensor) => tf.reshape(x, [images * rows, columns])
  return (value) => {
    const of = value(op.outputGradient)
    const dy =
      activation === 'none'
        ? tf.reshape(of, of.shape)
        : tf.where(tf.greater(value(op.output), 0), of, tf.zerosLike(of))
    const { normal, gradient } = normalize(tf, inGroups(value(op.input)), [1, 3], eps)
    return [
      wanted(op.inputGradient, () =>
        flat(gradient(inGroups(tf.mul(dy, lowering.weight(op.scale))))),
      ),
      wanted(op.residualGradient, () => dy),
      wanted(op.scaleGradient, () => tf.sum(tf.mul(dy, flat(normal)), 0)),
      wanted(op.biasGradient, () => tf.sum(dy, 0)),
    ]
  }
}
