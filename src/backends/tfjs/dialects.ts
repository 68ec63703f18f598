import { geluErfBySigmoid, geluTanhBySigmoid } from './gelu.ts'
import type { Tensor, Tfjs } from './tf.ts'

export type Product = readonly [rows: number, inner: number, columns: number]

export type Images = readonly [images: number, rows: number, columns: number]

/** How to use a TensorFlow.js backend efficiently. */
export interface Dialect {
  /** `a` `[rows, inner]` x `b` `[inner, columns]` + bias `[columns]` */
  product(a: Tensor, b: Tensor, shape: Product, bias?: Tensor): Tensor
  /** The mean of each column: `[images, columns]` of `[images, rows, columns]` */
  columnMeans(x: Tensor, shape: Images): Tensor
  /** `x * factor + shift`, `[images, rows, columns]`; `factor` and `shift` are `[images, 1, columns]` */
  moveColumns(x: Tensor, shape: Images, shift: Tensor, factor?: Tensor): Tensor
  geluErf(x: Tensor): Tensor
  geluTanh(x: Tensor): Tensor
  /** Whether batched products of all heads are at least as fast as single ones. */
  readonly batchedProducts: boolean
  /** Whether ops compute on the calling thread, which must then yield to its event loop. */
  readonly computesHere: boolean
  /** The most bytes of weights it can hold, if known. */
  readonly mostBytes?: number
}

/** @param name the active backend: `webgpu`, `webgl`, `wasm`, `cpu` */
export function dialectOf(tf: Tfjs, name: string): Dialect {
  switch (name) {
    case 'wasm':
      return {
        product: (a, b, _, bias) => tf.fused.matMul({ a, b, bias }),
        columnMeans: (x, shape) => meansByPooling(tf, x, shape),
        moveColumns: (x, _, shift, factor) => tf.add(factor ? tf.mul(x, factor) : x, shift),
        geluErf: (x) => geluErfBySigmoid(tf, x),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
        // Batched products have no SIMD there and are ten times slower.
        batchedProducts: false,
        computesHere: true,
        // Less than half of its 4 GB, since XNNPACK packs a second copy of each kernel. When that allocation
        // fails, it skips the kernel without an error.
        mostBytes: 1.9e9,
      }
    case 'cpu':
      return {
        // As a 1 x 1 convolution, whose inner loop is a fifth faster than that of `matMul` on Node 22 and
        // later (an eighth slower on Node 20).
        product(a, b, [rows, inner, columns], bias) {
          const x = tf.reshape(a, [1, rows, 1, inner])
          const filter = tf.reshape(b, [1, 1, inner, columns])
          const y = tf.fused.conv2d({ x, filter, strides: 1, pad: 'valid', bias })
          return tf.reshape(y, [rows, columns])
        },
        columnMeans: (x, shape) => meansByPooling(tf, x, shape),
        moveColumns: (x, shape, shift, factor) => moveByNorm(tf, x, shape, shift, factor),
        geluErf: (x) => geluErfByErf(tf, x),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
        batchedProducts: false,
        computesHere: true,
      }
    default:
      return {
        product: (a, b, _, bias) => tf.fused.matMul({ a, b, bias }),
        columnMeans: (x) => tf.mean(x, 1),
        moveColumns: (x, _, shift, factor) => tf.add(factor ? tf.mul(x, factor) : x, shift),
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

/** `mean` would transpose all values first, so that rows lie side by side. */
function meansByPooling(tf: Tfjs, x: Tensor, [images, rows, columns]: Images): Tensor {
  const pooled = tf.avgPool(tf.reshape(x, [images, rows, 1, columns]), [rows, 1], [1, 1], 'valid')
  return tf.reshape(pooled, [images, columns])
}

/** As a batch norm of each image, which is ten times as fast as a product of unequal shapes. */
function moveByNorm(
  tf: Tfjs,
  x: Tensor,
  [images, rows, columns]: Images,
  shift: Tensor,
  factor?: Tensor,
): Tensor {
  const [zeros, ones] = [tf.zeros([columns]), tf.ones([columns])]
  const results = Array.from({ length: images }, (_, image) => {
    const vector = (of: Tensor) =>
      tf.reshape(tf.slice(of, [image, 0, 0], [1, 1, columns]), [columns])
    const one = tf.reshape(tf.slice(x, [image, 0, 0], [1, rows, columns]), [1, rows, 1, columns])
    return tf.batchNorm4d(one, zeros, ones, vector(shift), factor && vector(factor), 0)
  })
  return tf.reshape(tf.concat(results, 0), [images, rows, columns])
}
