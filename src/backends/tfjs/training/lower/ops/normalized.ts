import type { Tensor, Tfjs } from '../../../tf.ts'

/**
 * `(x - mean(x)) / sqrt(variance(x) + eps)` over some axes, and its gradient: of `t`, the gradient of these values,
 * `(t - mean(t) - normal * mean(t * normal)) / sqrt(variance(x) + eps)`.
 */
export function normalize(tf: Tfjs, x: Tensor, axes: number | readonly number[], eps: number) {
  const mean = (of: Tensor) => tf.mean(of, axes, true)
  const centred = tf.sub(x, mean(x))
  const factor = tf.rsqrt(tf.add(mean(tf.square(centred)), eps))
  const normal = tf.mul(centred, factor)
  return {
    normal,
    gradient(t: Tensor): Tensor {
      const along = tf.mul(normal, mean(tf.mul(t, normal)))
      return tf.mul(tf.sub(tf.sub(t, mean(t)), along), factor)
    },
  }
}

/** `x / sqrt(mean(x^2) + eps)` of each row, and its gradient: `(t - normal * mean(t * normal)) / sqrt(mean(x^2) + eps)`. */
export function scaleToUnit(tf: Tfjs, x: Tensor, eps: number) {
  const mean = (of: Tensor) => tf.mean(of, 1, true)
  const factor = tf.rsqrt(tf.add(mean(tf.square(x)), eps))
  const normal = tf.mul(x, factor)
  return {
    normal,
    gradient: (t: Tensor): Tensor =>
      tf.mul(tf.sub(t, tf.mul(normal, mean(tf.mul(t, normal)))), factor),
  }
}
