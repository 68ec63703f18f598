import type {
  Standardize,
  StandardizeBackward,
} from '../../../../../program/training/standardize.ts'
import type { Lowering } from '../../../lower/lowering.ts'
import type { Tensor, Tfjs } from '../../../tf.ts'
import type { LowerTrainingOp } from '../lowering.ts'

export const standardize: LowerTrainingOp<Standardize> = (op, lowering) => () => {
  const { tf } = lowering
  const { centred, divisor } = columnsOf(tf, lowering.weight(op.kernel), op)
  return [overImages(tf.div(centred, divisor), lowering)]
}

export const standardizeBackward: LowerTrainingOp<StandardizeBackward> = (op, lowering) => () => {
  const { tf } = lowering
  const dy = lowering.weight(op.outputGradient)
  const { centred, divisor, deviation } = columnsOf(tf, lowering.weight(op.kernel), op)
  const product = tf.mean(tf.mul(dy, centred), 0, true)
  // How the divisor changes with the deviation.
  const changing = op.epsOn === 'deviation' ? deviation : divisor
  const along = tf.div(tf.div(tf.mul(centred, product), changing), divisor)
  const gradient = tf.div(tf.sub(tf.sub(dy, tf.mean(dy, 0, true)), along), divisor)
  return [overImages(gradient, lowering)]
}

/** The sum of what every image gives, which is the same for each: no value is read. */
const overImages = (x: Tensor, { tf, images }: Lowering): Tensor =>
  images === 1 ? x : tf.mul(x, images)

function columnsOf(tf: Tfjs, kernel: Tensor, { eps, epsOn }: Pick<Standardize, 'eps' | 'epsOn'>) {
  const centred = tf.sub(kernel, tf.mean(kernel, 0, true))
  const variance = tf.mean(tf.square(centred), 0, true)
  const deviation = tf.sqrt(variance)
  const divisor = epsOn === 'deviation' ? tf.add(deviation, eps) : tf.sqrt(tf.add(variance, eps))
  return { centred, deviation, divisor }
}
