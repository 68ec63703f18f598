import type { LayerNormBackward } from '../../../program/training/layer-norm.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { normalizedGradient } from './normalized.ts'
import { columnSums, times } from './products.ts'

export const layerNormBackward: Compute<LayerNormBackward> = (op, { value, weight }) => {
  const { data: x, shape } = value(op.input)
  const [rows, columns] = shape
  const dy = value(op.outputGradient)
  const { data: scale } = weight(op.scale)
  const normal = matrix(rows, columns)
  const dx = matrix(rows, columns)
  for (let row = 0; row < rows; row++) {
    const indices = Array.from({ length: columns }, (_, column) => row * columns + column)
    const gradient = (at: number) => dy.data[at]! * scale[at % columns]!
    normalizedGradient(x, indices, op.eps, gradient, { normal: normal.data, gradient: dx.data })
  }
  return [dx, columnSums(times(dy, normal)), columnSums(dy)]
}
