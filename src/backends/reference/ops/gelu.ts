/**
 * The complementary error function, to about 1e-16 relative: its Maclaurin series below 2.5 and
 * Lentz's continued fraction above (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN
  if (x < 0) return 2 - erfc(-x)
  if (x > 27) return 0
  return x < 2.5 ? 1 - erfSeries(x) : erfcFraction(x)
}

function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

function erfcFraction(x: number): number {
  let fraction = x
  for (let k = 120; k > 0; k--) fraction = x + k / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}

/** `x * P(X <= x)` for a standard normal X (Hendrycks and Gimpel 2016). The limits at infinity are exact. */
export function geluErf(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return -0
  return 0.5 * x * erfc(-x * Math.SQRT1_2)
}

/** The tanh form, flax's default: `x * sigmoid(2 u)`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`. */
export function geluTanh(x: number): number {
  if (x === Number.NEGATIVE_INFINITY) return -0
  return x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
}

/** `x * sigmoid(factor * x)`: with a factor of 1 SiLU, with 1.702 an approximation of GELU. */
export const swish =
  (factor: number) =>
  (x: number): number =>
    x === Number.NEGATIVE_INFINITY ? -0 : x / (1 + Math.exp(-factor * x))

export const silu = swish(1)

export const quickGelu = swish(1.702)
