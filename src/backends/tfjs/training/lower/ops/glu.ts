import type { GluBackward } from '../../../../../program/training/glu.ts'
import { activations } from '../../../lower/ops/linear.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { slopes } from './activation.ts'

export const gluBackward: LowerTrainingOp<GluBackward> = (op, lowering) => {
  const { tf, images } = lowering
  const [rows, columns] = lowering.shape(op.outputGradient)
  const activate = activations(lowering)[op.activation]
  const slope = slopes[op.activation]
  const size = [images * rows, columns] as const
  return (value) => {
    const [x, dy] = [value(op.input), value(op.outputGradient)]
    const left = tf.slice(x, [0, 0], size)
    const right = tf.slice(x, [0, columns], size)
    const ofLeft = tf.mul(tf.mul(dy, right), slope(tf, left))
    return [tf.concat([ofLeft, tf.mul(dy, activate(left))], 1)]
  }
}
