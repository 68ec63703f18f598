import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const layerNorm: Compute<LayerNorm> = (op, { value, weight }) => [
  normalize(value(op.input), weight(op.scale), weight(op.bias), op.eps),
]

export function normalize(x: Matrix, scale: Matrix, bias: Matrix, eps: number): Matrix {
  const [rows, columns] = x.shape
  const out = matrix(rows, columns)
  for (let i = 0; i < rows; i++) {
    const row = x.data.subarray(i * columns, (i + 1) * columns)
    let mean = 0
    for (const value of row) mean += value / columns
    let variance = 0
    for (const value of row) variance += (value - mean) ** 2 / columns
    const inverse = 1 / Math.sqrt(variance + eps)
    for (let j = 0; j < columns; j++) {
      out.data[i * columns + j] = (row[j]! - mean) * inverse * scale.data[j]! + bias.data[j]!
    }
  }
  return out
}
