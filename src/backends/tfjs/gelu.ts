import { erfFit, tanhFit } from '../gelu-fit.ts'
import type { Tensor, Tfjs } from './tf.ts'

/**
 * GELU from the functions of which the WebAssembly backend has SIMD kernels: sums, products and the
 * sigmoid. Its own `erf` and `tanh` go value by value, some four times slower than all of this; its
 * `erf` is not better than 1.5e-7 either.
 */
export function geluErfBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, erfFit)
}

/** The tanh form of GELU, exactly, by a sigmoid. */
export function geluTanhBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, tanhFit)
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
