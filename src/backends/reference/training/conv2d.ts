import { positionsIn } from '../../../program/ops/window.ts'
import type { Conv2dBackward } from '../../../program/training/conv2d.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { cutWindows } from '../ops/conv2d.ts'
import { eachInWindow } from '../ops/window.ts'
import { columnSums, timesTransposed, transposedTimes } from './products.ts'

export const conv2dBackward: Compute<Conv2dBackward> = (op, { value, weight }) => {
  const input = value(op.input)
  const dy = value(op.outputGradient)
  const dx = matrix(...input.shape)
  const channels = input.shape[1]
  const run = positionsIn(op.window.size) * channels
  const dWindows = timesTransposed(dy, weight(op.kernel))
  eachInWindow(op.window, (output, place, position) => {
    for (let channel = 0; channel < channels; channel++) {
      const from = output * run + place * channels + channel
      dx.data[position * channels + channel]! += dWindows.data[from]!
    }
  })
  return [dx, transposedTimes(cutWindows(input, op.window), dy), columnSums(dy)]
}
