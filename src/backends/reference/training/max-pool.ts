import { positionsIn } from '../../../program/ops/window.ts'
import type { MaxPoolBackward } from '../../../program/training/max-pool.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { eachInWindow } from '../ops/window.ts'

export const maxPoolBackward: Compute<MaxPoolBackward> = (op, { value }) => {
  const { data: x, shape } = value(op.input)
  const columns = shape[1]
  const dy = value(op.outputGradient).data
  const dx = matrix(...shape)
  /** The place in the input of the largest value of each output so far. */
  const largest = new Int32Array(positionsIn(op.window.outputs) * columns).fill(-1)
  eachInWindow(op.window, (output, _, position) => {
    for (let column = 0; column < columns; column++) {
      const at = output * columns + column
      const from = position * columns + column
      if (largest[at]! < 0 || x[from]! > x[largest[at]!]!) largest[at] = from
    }
  })
  largest.forEach((from, at) => {
    dx.data[from]! += dy[at]!
  })
  return [dx]
}
