import type { Conv2d } from '../../../program/ops/conv2d.ts'
import { positionsIn, type Window } from '../../../program/ops/window.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'
import { product } from './linear.ts'
import { eachInWindow } from './window.ts'

export const conv2d: Compute<Conv2d> = (op, { value, weight, optional }) => {
  const windows = cutWindows(value(op.input), op.window)
  return [product(windows, weight(op.kernel), optional(op.bias), 'none', undefined)]
}

/** The values of every window, `[outputs, window rows * window columns * channels]`; zeros for padding. */
export function cutWindows(input: Matrix, window: Window): Matrix {
  const channels = input.shape[1]
  const run = positionsIn(window.size) * channels
  const out = matrix(positionsIn(window.outputs), run)
  eachInWindow(window, (output, place, position) => {
    const start = position * channels
    const values = input.data.subarray(start, start + channels)
    out.data.set(values, output * run + place * channels)
  })
  return out
}
