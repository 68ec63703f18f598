import { positionsAfter, type Window } from '../../../../../program/ops/window.ts'
import type { Lowering } from '../../../lower/lowering.ts'
import { inWindow } from '../../../lower/ops/window.ts'
import type { Tensor } from '../../../tf.ts'

/** Whether windows lie side by side, without overlap, gaps and padding; positions after the last are left over. */
const areTiles = (window: Window) =>
  [0, 1].every(
    (axis) =>
      window.stride[axis as 0 | 1] === window.size[axis as 0 | 1] &&
      window.before[axis as 0 | 1] === 0 &&
      positionsAfter(window)[axis as 0 | 1] <= 0,
  )

/**
 * The windows of all images as rows: `[images * outputs, places * channels]`.
 * @param padding what positions outside the grid are
 */
export function unfold(
  input: Tensor,
  window: Window,
  channels: number,
  lowering: Lowering,
  padding = 0,
): Tensor {
  const { tf, images } = lowering
  const { size, stride, outputs } = window
  const { x, pad } = inWindow(input, window, channels, lowering)
  const rows = images * outputs[0] * outputs[1]
  if (areTiles(window)) {
    const tiles = tf.reshape(x, [images * outputs[0], size[0], outputs[1], size[1] * channels])
    return tf.reshape(tf.transpose(tiles, [0, 2, 1, 3]), [rows, size[0] * size[1] * channels])
  }
  const whole = pad === 'valid' ? x : tf.pad(x, pad, padding)
  const places = placesOf(window).map(([top, left]) => {
    const end = [top + (outputs[0] - 1) * stride[0] + 1, left + (outputs[1] - 1) * stride[1] + 1]
    const of = [images, ...end, channels]
    return tf.stridedSlice(whole, [0, top, left, 0], of, [1, ...stride, 1])
  })
  return tf.reshape(tf.concat(places, 3), [rows, places.length * channels])
}

/** The sums of what windows have of every position: `[images * positions, channels]`, of the rows of `unfold`. */
export function fold(
  rows: Tensor,
  window: Window,
  channels: number,
  { tf, images }: Lowering,
): Tensor {
  const { grid, size, stride, before, outputs } = window
  const after = positionsAfter(window)
  const places = size[0] * size[1]
  const all = tf.reshape(rows, [images, ...outputs, places * channels])
  /** Of the grid with its padding. */
  const padded = [0, 1].map((axis) => before[axis]! + grid[axis]! + Math.max(0, after[axis]!))
  const parts = placesOf(window).map((place, i) => {
    const part = tf.slice(all, [0, 0, 0, i * channels], [images, ...outputs, channels])
    const apart = [outputs[0] * stride[0], outputs[1] * stride[1]] as const
    const spread = tf.reshape(
      tf.pad(tf.reshape(part, [images, outputs[0], 1, outputs[1], channels]), [
        ...([
          [0, 0],
          [0, 0],
          [0, stride[0] - 1],
          [0, 0],
          [0, 0],
        ] as const),
      ]),
      [images, apart[0], outputs[1], 1, channels],
    )
    const wide = tf.reshape(
      tf.pad(spread, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, stride[1] - 1],
        [0, 0],
      ]),
      [images, ...apart, channels],
    )
    // What lies between windows after the last one is 0.
    const kept = [0, 1].map((axis) => Math.min(apart[axis]!, padded[axis]! - place[axis]!))
    const cut = tf.slice(wide, [0, 0, 0, 0], [images, ...kept, channels])
    const sides = [0, 1].map(
      (axis) => [place[axis]!, padded[axis]! - place[axis]! - kept[axis]!] as const,
    )
    return tf.pad(cut, [[0, 0], sides[0]!, sides[1]!, [0, 0]])
  })
  const sum = parts.reduce((a, b) => tf.add(a, b))
  const inside = tf.slice(sum, [0, ...before, 0], [images, ...grid, channels])
  return tf.reshape(inside, [images * grid[0] * grid[1], channels])
}

const placesOf = ({ size }: Window) =>
  Array.from(
    { length: size[0] * size[1] },
    (_, i) => [Math.floor(i / size[1]), i % size[1]] as const,
  )
