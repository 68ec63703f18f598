import type { Tensor, Tfjs } from './tf.ts'

/**
 * `x * sigmoid(x * p(x^2))` is `x * P(X <= x)`, X standard normal, within 7e-8 for all x: coefficients
 * of p from the highest power down, a minimax fit over [-6, 6]. The highest is positive, so that the
 * sigmoid is 0 or 1 where the fit ends.
 */
export const exactFit = [
  3.61123128e-9, -2.66892771e-7, 7.93821845e-6, -1.10480315e-4, -6.6259988e-5, 0.072668567,
  1.59576843,
]

// The tanh form is `x * sigmoid(2 u)`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`.
const tanhForm = [0.044715, 1].map((factor) => 2 * Math.sqrt(2 / Math.PI) * factor)

/**
 * GELU from the functions of which the WebAssembly backend has SIMD kernels: sums, products and the
 * sigmoid. Its own `erf` and `tanh` go value by value, some four times slower than all of this; its
 * `erf` is not better than 1.5e-7 either.
 */
export function geluErfBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, exactFit)
}

/** The tanh form of GELU, exactly, by a sigmoid. */
export function geluTanhBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, tanhForm)
}

function bySigmoid(tf: Tfjs, x: Tensor, [highest, ...lower]: readonly number[]): Tensor {
  // What was read for the last time is freed at once: the next result takes its place in the cache.
  const then = (old: Tensor, next: Tensor) => {
    old.dispose()
    return next
  }
  const square = tf.square(x)
  let sum = tf.mul(square, highest!)
  for (const [i, factor] of lower.entries()) {
    sum = then(sum, tf.add(sum, factor))
    if (i < lower.length - 1) sum = then(sum, tf.mul(sum, square))
  }
  square.dispose()
  sum = then(sum, tf.mul(sum, x))
  sum = then(sum, tf.sigmoid(sum))
  return then(sum, tf.mul(sum, x))
}
