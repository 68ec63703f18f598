import type { MaxPool } from '../../../program/ops/max-pool.ts'
import { positionsIn } from '../../../program/ops/window.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'
import { eachInWindow } from './window.ts'

export const maxPool: Compute<MaxPool> = ({ input, window }, { value }) => {
  const { data, shape } = value(input)
  const columns = shape[1]
  const out = matrix(positionsIn(window.outputs), columns)
  out.data.fill(Number.NEGATIVE_INFINITY)
  eachInWindow(window, (output, _, position) => {
    for (let column = 0; column < columns; column++) {
      const at = output * columns + column
      out.data[at] = Math.max(out.data[at]!, data[position * columns + column]!)
    }
  })
  return [out]
}
