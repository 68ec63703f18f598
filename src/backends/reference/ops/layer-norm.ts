import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const layerNorm: Compute<LayerNorm> = (op, { value, weight }) => {
  const [x, scale, bias] = [value(op.input), weight(op.scale), weight(op.bias)]
  const [rows, columns] = x.shape
  const out = matrix(rows, columns)
  for (let i = 0; i < rows; i++) {
    const row = x.data.subarray(i * columns, (i + 1) * columns)
    let mean = 0
    for (const value of row) mean += value / columns
    let variance = 0
    for (const value of row) variance += (value - mean) ** 2 / columns
    const inverse = 1 / Math.sqrt(variance + op.eps)
    for (let j = 0; j < columns; j++) {
      out.data[i * columns + j] = (row[j]! - mean) * inverse * scale.data[j]! + bias.data[j]!
    }
  }
  return [out]
}
