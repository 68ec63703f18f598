import type { Activation, Linear } from '../../../../src/program/ops/linear.ts'
import type { Jax, JaxArray } from '../jax-js.ts'
import type { LowerOp } from '../lowering.ts'
import { product } from '../product.ts'

export const linear: LowerOp<Linear> = (op, lowering) => {
  const x = activations[op.activation](product(op, lowering), lowering.jax)
  return op.residual === undefined ? x : x.add(lowering.value(op.residual))
}

export const activations: Record<Activation, (x: JaxArray, jax: Jax) => JaxArray> = {
  none: (x) => x,
  tanh: (x, { numpy }) => numpy.tanh(x),
  gelu_erf: (x, { lax }) => x.ref.mul(0.5).mul(lax.erf(x.mul(Math.SQRT1_2)).add(1)),
  gelu_tanh(x, { nn }) {
    // x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
    const factor = 2 * Math.sqrt(2 / Math.PI)
    const square = x.ref.mul(x.ref)
    const slope = square.mul(0.044715 * factor).add(factor)
    return x.ref.mul(nn.sigmoid(slope.mul(x)))
  },
  quick_gelu: (x, { nn }) => x.ref.mul(nn.sigmoid(x.mul(1.702))),
  silu: (x, { nn }) => x.ref.mul(nn.sigmoid(x)),
}
