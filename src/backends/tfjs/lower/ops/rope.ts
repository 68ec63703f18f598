import type { Rope } from '../../../../program/ops/rope.ts'
import type { Tensor } from '../../tf.ts'
import type { LowerOp } from '../lowering.ts'

export const rope: LowerOp<Rope> = ({ input, table, heads, from, width, inverse }, lowering) => {
  const { tf, images } = lowering
  const [rows, columns] = lowering.shape(input)
  const count = rows - from
  const size = width / heads
  const half = size / 2
  return (value) => {
    const x = tf.reshape(value(input), [images, rows, columns])
    // Rows that were cut at the end may leave none to rotate.
    if (count <= 0) return [tf.reshape(x, [images * rows, columns])]
    const part = (row: number, column: number, height: number, across: number) =>
      tf.slice(x, [0, row, column], [images, height, across])
    const turned = rotated(tf.reshape(part(from, 0, count, width), [images, count, heads, size]))
    const below = tf.reshape(turned, [images, count, width])
    const wide =
      width === columns ? below : tf.concat([below, part(from, width, count, columns - width)], 2)
    const all = from === 0 ? wide : tf.concat([part(0, 0, from, columns), wide], 1)
    return [tf.reshape(all, [images * rows, columns])]
  }

  /** `x cos + [-right, left] sin` of `[images, count, heads, size]`. */
  function rotated(x: Tensor): Tensor {
    const angles = tf.slice(lowering.weight(table), [0, 0], [count, size])
    const ofBoth = (first: number, sign: number) => {
      const one = tf.slice(angles, [0, first], [count, half])
      return tf.reshape(tf.concat([tf.mul(one, sign), one], 1), [1, count, 1, size])
    }
    const halfOf = (first: number) => tf.slice(x, [0, 0, 0, first], [images, count, heads, half])
    const swapped = tf.concat([halfOf(half), halfOf(0)], 3)
    const sines = tf.mul(ofBoth(0, -1), inverse ? -1 : 1)
    return tf.add(tf.mul(x, ofBoth(half, 1)), tf.mul(swapped, sines))
  }
}
