import type { Transpose } from '../../../program/ops/transpose.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const transpose: Compute<Transpose> = (op, { value }) => {
  const { data, shape } = value(op.input)
  const [rows, columns] = shape
  const residual = op.residual === undefined ? undefined : value(op.residual).data
  const out = matrix(columns, rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = column * rows + row
      out.data[at] = data[row * columns + column]! + (residual ? residual[at]! : 0)
    }
  }
  return [out]
}
