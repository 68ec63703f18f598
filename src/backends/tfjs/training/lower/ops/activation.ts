import type { Activate, ActivateBackward } from '../../../../../program/training/activation.ts'
import type { Add } from '../../../../../program/training/add.ts'
import { erfFit, quickFactor, tanhFit } from '../../../../gelu-fit.ts'
import { activations } from '../../../lower/ops/linear.ts'
import type { Tensor, Tfjs } from '../../../tf.ts'
import type { LowerTrainingOp } from '../lowering.ts'

export const activate: LowerTrainingOp<Activate> = ({ input, residual, activation }, lowering) => {
  const { tf } = lowering
  const apply = activations(lowering)[activation]
  return (value) => {
    const y = apply(value(input))
    return [residual === undefined ? y : tf.add(y, value(residual))]
  }
}

export const activateBackward: LowerTrainingOp<ActivateBackward> = (op, { tf }) => {
  const slope = slopes[op.activation]
  return (value) => [tf.mul(value(op.outputGradient), slope(tf, value(op.input)))]
}

export const add: LowerTrainingOp<Add> =
  ({ one, other }, { tf }) =>
  (value) => [tf.add(value(one), value(other))]

/** Of `x * s`, `s = sigmoid(factor * x)`. */
const swishSlope =
  (factor: number) =>
  (tf: Tfjs, x: Tensor): Tensor => {
    const inner = tf.mul(x, factor)
    const s = tf.sigmoid(inner)
    return tf.add(s, tf.mul(tf.mul(s, tf.sub(tf.ones([1]), s)), inner))
  }

/** The derivatives of the activations. */
export const slopes: Record<Activate['activation'], (tf: Tfjs, x: Tensor) => Tensor> = {
  quick_gelu: swishSlope(quickFactor),
  silu: swishSlope(1),
  tanh: (tf, x) => tf.sub(tf.ones([1]), tf.square(tf.tanh(x))),

  /** The distribution function of the normal distribution, plus x times its density. */
  gelu_erf(tf, x) {
    const square = tf.square(x)
    const distribution = tf.sigmoid(tf.mul(x, polynomial(tf, square, erfFit)))
    const density = tf.mul(tf.exp(tf.mul(square, -0.5)), 1 / Math.sqrt(2 * Math.PI))
    return tf.add(distribution, tf.mul(x, density))
  },

  /** Of `x * s`, `s = sigmoid(u)`: `s + x * s * (1 - s) * u'`. */
  gelu_tanh(tf, x) {
    const square = tf.square(x)
    const s = tf.sigmoid(tf.mul(x, polynomial(tf, square, tanhFit)))
    const [cubic, linear] = tanhFit as [number, number]
    const inner = tf.mul(x, polynomial(tf, square, [3 * cubic, linear]))
    return tf.add(s, tf.mul(tf.mul(s, tf.sub(tf.ones([1]), s)), inner))
  },
}

/** Coefficients from the highest power down. */
function polynomial(tf: Tfjs, x: Tensor, [highest, ...lower]: readonly number[]): Tensor {
  const [first, ...others] = lower
  const start = tf.add(tf.mul(x, highest!), first!)
  return others.reduce((sum, factor) => tf.add(tf.mul(sum, x), factor), start)
}
