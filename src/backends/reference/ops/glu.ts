import type { Glu } from '../../../program/ops/glu.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'
import { activations } from './linear.ts'

export const glu: Compute<Glu> = ({ input, output, activation }, { value, shape }) => {
  const { data } = value(input)
  const [rows, columns] = shape(output)
  const activate = activations[activation]
  const out = matrix(rows, columns)
  for (let row = 0; row < rows; row++) {
    const left = 2 * row * columns
    for (let column = 0; column < columns; column++) {
      const gate = activate(data[left + column]!)
      out.data[row * columns + column] = gate * data[left + columns + column]!
    }
  }
  return [out]
}
