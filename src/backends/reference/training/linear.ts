import type { LinearBackward } from '../../../program/training/linear.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { columnSums, timesTransposed, transposedTimes } from './products.ts'

/** What a frozen kernel has for a gradient; nothing reads it. */
const none = matrix(0, 0)

export const linearBackward: Compute<LinearBackward> = (op, { value, weight }) => {
  const dy = value(op.outputGradient)
  return [
    timesTransposed(dy, weight(op.kernel)),
    op.input === undefined ? none : transposedTimes(value(op.input), dy),
    columnSums(dy),
  ]
}
