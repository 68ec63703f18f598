import type { CrossEntropy } from '../../../../../program/training/cross-entropy.ts'
import type { LowerTrainingOp } from '../lowering.ts'

export const crossEntropy: LowerTrainingOp<CrossEntropy> =
  (op, { tf }) =>
  (value) => {
    const targets = value(op.targets)
    const logits = value(op.logits)
    const shifted = tf.sub(logits, tf.max(logits, 1, true))
    const exponentials = tf.exp(shifted)
    const sum = tf.sum(exponentials, 1, true)
    const loss = tf.neg(tf.sum(tf.mul(targets, tf.sub(shifted, tf.log(sum))), 1, true))
    const expected = tf.mul(tf.div(exponentials, sum), tf.sum(targets, 1, true))
    return [loss, tf.mul(tf.sub(expected, targets), op.weight)]
  }
