import { positionsAfter, type Window } from '../../../../program/ops/window.ts'
import type { Padding, Tensor } from '../../tf.ts'
import type { Lowering } from '../lowering.ts'

/**
 * An operation's input as `[images, rows, columns, channels]`, without positions after the last windows, and its
 * padding. The padding is explicit, since TensorFlow's SAME is not what all publishers mean.
 */
export function inWindow(
  input: Tensor,
  window: Window,
  channels: number,
  { tf, images }: Lowering,
): { x: Tensor; pad: 'valid' | Padding } {
  const { grid, before } = window
  const after = positionsAfter(window)
  const whole = tf.reshape(input, [images, ...grid, channels])
  const read = [grid[0] + Math.min(0, after[0]), grid[1] + Math.min(0, after[1])]
  const isWhole = read[0] === grid[0] && read[1] === grid[1]
  const x = isWhole ? whole : tf.slice(whole, [0, 0, 0, 0], [images, ...read, channels])
  const sides = [0, 1].map((axis) => [before[axis]!, Math.max(0, after[axis]!)] as const)
  const isPadded = sides.flat().some((count) => count > 0)
  return { x, pad: isPadded ? [[0, 0], sides[0]!, sides[1]!, [0, 0]] : 'valid' }
}
