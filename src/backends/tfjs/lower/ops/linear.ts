import type { Activation, Linear } from '../../../../program/ops/linear.ts'
import { quickFactor } from '../../../gelu-fit.ts'
import type { Product } from '../../dialects.ts'
import type { Tensor } from '../../tf.ts'
import type { Lowering, LowerOp } from '../lowering.ts'

export const linear: LowerOp<Linear> = (op, lowering) => {
  const { tf, dialect, images } = lowering
  const { input, kernel, bias, residual } = op
  const size: Product = [images * lowering.shape(input)[0], ...lowering.weightShape(kernel)]
  const activate = activations(lowering)[op.activation]
  return (value) => {
    const b = lowering.weight(kernel)
    const x = activate(dialect.product(value(input), b, size, lowering.optional(bias)))
    return [residual === undefined ? x : tf.add(x, value(residual))]
  }
}

/** The activations, of sums. */
export const activations = ({
  tf,
  dialect,
}: Lowering): Record<Activation, (x: Tensor) => Tensor> => ({
  none: (x) => x,
  tanh: (x) => tf.tanh(x),
  gelu_erf: (x) => dialect.geluErf(x),
  gelu_tanh: (x) => dialect.geluTanh(x),
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, quickFactor))),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
})
