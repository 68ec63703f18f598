import { erfFit, tanhFit } from '../gelu-fit.ts'
import type { Tensor, Tfjs } from './tf.ts'

/**
 * GELU from functions for which the WebAssembly backend has SIMD kernels: sums, products and the sigmoid.
 * Its `erf` and `tanh` are scalar and about four times slower than all of this together, and its `erf` is
 * accurate to 1.5e-7 only.
 */
export function geluErfBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, erfFit)
}

/** The tanh form of GELU, exactly, by a sigmoid. */
export function geluTanhBySigmoid(tf: Tfjs, x: Tensor): Tensor {
  return bySigmoid(tf, x, tanhFit)
}

function bySigmoid(tf: Tfjs, x: Tensor, [highest, ...lower]: readonly number[]): Tensor {
  // Frees each operand after its last use, so that the next result reuses its memory while it is cached.
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
