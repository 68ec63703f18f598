import type { MeanRowsBackward, RowsBackward } from '../../../program/training/rows.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'

export const rowsBackward: Compute<RowsBackward> = (op, { value, shape }) => {
  const dx = matrix(...shape(op.inputGradient))
  dx.data.set(value(op.outputGradient).data, op.from * dx.shape[1])
  return [dx]
}

export const meanRowsBackward: Compute<MeanRowsBackward> = (op, { value, shape }) => {
  const dx = matrix(...shape(op.inputGradient))
  const [rows, columns] = dx.shape
  const share = value(op.outputGradient).data.map((gradient) => gradient / (rows - op.from))
  for (let row = op.from; row < rows; row++) dx.data.set(share, row * columns)
  return [dx]
}
