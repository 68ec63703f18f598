import type { LinearBackward } from '../../../program/training/linear.ts'
import type { Compute } from '../ops/compute.ts'
import { columnSums, timesTransposed, transposedTimes } from './products.ts'

export const linearBackward: Compute<LinearBackward> = (op, { value, weight }) => {
  const dy = value(op.outputGradient)
  return [
    timesTransposed(dy, weight(op.kernel)),
    transposedTimes(value(op.input), dy),
    columnSums(dy),
  ]
}
