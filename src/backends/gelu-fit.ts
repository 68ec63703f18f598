/**
 * Both forms of GELU are `x * sigmoid(x * p(x^2))`, so a backend needs only one exponential.
 * Coefficients of p from the highest power down.
 *
 * For the exact form, `x * P(X <= x)` with X standard normal, p is a minimax fit over [-6, 6]: within
 * 7e-8 for all x. Its highest coefficient is positive, so that the sigmoid saturates outside the fitted range.
 */
export const erfFit: readonly number[] = [
  3.61123128e-9, -2.66892771e-7, 7.93821845e-6, -1.10480315e-4, -6.6259988e-5, 0.072668567,
  1.59576843,
]

/** The tanh form, exactly: `x * sigmoid(2 u)`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`. */
export const tanhFit: readonly number[] = [0.044715, 1].map(
  (factor) => 2 * Math.sqrt(2 / Math.PI) * factor,
)

/** Quick GELU: `x * sigmoid(quickFactor * x)`. */
export const quickFactor = 1.702
