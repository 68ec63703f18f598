import type { Activate, ActivateBackward } from '../../../program/training/activation.ts'
import type { Compute } from '../ops/compute.ts'
import { erfc } from '../ops/gelu.ts'
import { activations } from '../ops/linear.ts'

export const activate: Compute<Activate> = ({ input, residual, activation }, { value }) => {
  const { shape, data } = value(input)
  const more = residual === undefined ? undefined : value(residual).data
  const apply = activations[activation]
  return [{ shape, data: data.map((x, i) => apply(x) + (more ? more[i]! : 0)) }]
}

export const activateBackward: Compute<ActivateBackward> = (op, { value }) => {
  const x = value(op.input).data
  const slope = slopes[op.activation]
  const dy = value(op.outputGradient)
  return [{ shape: dy.shape, data: dy.data.map((gradient, i) => gradient * slope(x[i]!)) }]
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI)

/** Of `x * s`, `s = sigmoid(factor * x)`. */
function swishSlope(factor: number): (x: number) => number {
  return (x) => {
    const s = 1 / (1 + Math.exp(-factor * x))
    return s + factor * x * s * (1 - s)
  }
}

/** The derivatives of the activations. */
export const slopes: Record<Activate['activation'], (x: number) => number> = {
  tanh: (x) => 1 - Math.tanh(x) ** 2,
  // The distribution function of the normal distribution, plus x times its density.
  gelu_erf: (x) =>
    0.5 * erfc(-x / Math.SQRT2) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  quick_gelu: swishSlope(1.702),
  silu: swishSlope(1),
  gelu_tanh: (x) => {
    const t = Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x ** 3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x)
  },
}
