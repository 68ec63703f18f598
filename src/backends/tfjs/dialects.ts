import { geluErfBySigmoid, geluTanhBySigmoid } from './gelu.ts'
import type { Tensor, Tfjs } from './tf.ts'

export type Product = readonly [rows: number, inner: number, columns: number]

/** What a backend of TensorFlow.js is fast with, each in its own way. */
export interface Dialect {
  /** `a` `[rows, inner]` x `b` `[inner, columns]` + bias `[columns]` */
  product(a: Tensor, b: Tensor, shape: Product, bias?: Tensor): Tensor
  geluErf(x: Tensor): Tensor
  geluTanh(x: Tensor): Tensor
  /** Whether products of all heads at once are no slower than one by one. */
  readonly batchedProducts: boolean
  /** Whether ops compute on the thread that calls them, which then has to give others their turn. */
  readonly computesHere: boolean
  /** Bytes of weights that it has room for, where that is known. */
  readonly mostBytes?: number
}

/** @param name of the backend that is in use: `webgpu`, `webgl`, `wasm`, `cpu` */
export function dialectOf(tf: Tfjs, name: string): Dialect {
  switch (name) {
    case 'wasm':
      return {
        product: (a, b, _, bias) => tf.fused.matMul({ a, b, bias }),
        geluErf: (x) => geluErfBySigmoid(tf, x),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
        // They have no SIMD there, which makes them ten times slower.
        batchedProducts: false,
        computesHere: true,
        // Of its 4 GB, since XNNPACK packs a second copy of each kernel. What it finds no room for it
        // leaves out, and goes on.
        mostBytes: 1.9e9,
      }
    case 'cpu':
      return {
        // As convolutions of 1 x 1, whose inner loop is a fifth faster than that of `matMul` (Node 22
        // and later; an eighth slower on Node 20).
        product(a, b, [rows, inner, columns], bias) {
          const x = tf.reshape(a, [1, rows, 1, inner])
          const filter = tf.reshape(b, [1, 1, inner, columns])
          const y = tf.fused.conv2d({ x, filter, strides: 1, pad: 'valid', bias })
          return tf.reshape(y, [rows, columns])
        },
        geluErf: (x) => geluErfByErf(tf, x),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
        batchedProducts: false,
        computesHere: true,
      }
    default:
      return {
        product: (a, b, _, bias) => tf.fused.matMul({ a, b, bias }),
        geluErf: (x) => geluErfByErf(tf, x),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
        batchedProducts: true,
        computesHere: false,
      }
  }
}

function geluErfByErf(tf: Tfjs, x: Tensor): Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
}
