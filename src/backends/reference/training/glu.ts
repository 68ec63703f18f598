import type { GluBackward } from '../../../program/training/glu.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { activations } from '../ops/linear.ts'
import { slopes } from './activation.ts'

export const gluBackward: Compute<GluBackward> = (op, { value }) => {
  const { data: x, shape } = value(op.input)
  const dy = value(op.outputGradient)
  const [rows, columns] = dy.shape
  const [activate, slope] = [activations[op.activation], slopes[op.activation]]
  const dx = matrix(...shape)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const left = 2 * row * columns + column
      const right = left + columns
      const gradient = dy.data[row * columns + column]!
      dx.data[left] = gradient * x[right]! * slope(x[left]!)
      dx.data[right] = gradient * activate(x[left]!)
    }
  }
  return [dx]
}
