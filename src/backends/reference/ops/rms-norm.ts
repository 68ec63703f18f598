import type { RmsNorm } from '../../../program/ops/rms-norm.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const rmsNorm: Compute<RmsNorm> = (op, { value, weight }) => [
  rmsNormalize(value(op.input), weight(op.scale), op.eps),
]

export function rmsNormalize(x: Matrix, scale: Matrix, eps: number): Matrix {
  const [rows, columns] = x.shape
  const out = matrix(rows, columns)
  for (let i = 0; i < rows; i++) {
    const row = x.data.subarray(i * columns, (i + 1) * columns)
    let square = 0
    for (const value of row) square += value ** 2 / columns
    const inverse = 1 / Math.sqrt(square + eps)
    for (let j = 0; j < columns; j++) {
      out.data[i * columns + j] = row[j]! * inverse * scale.data[j]!
    }
  }
  return out
}
