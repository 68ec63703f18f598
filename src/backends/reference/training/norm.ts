import type { LayerNormBackward } from '../../../program/training/layer-norm.ts'
import type { RmsNormBackward } from '../../../program/training/rms-norm.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { normalizedGradient } from './normalized.ts'
import { columnSums, times } from './products.ts'

/** Of a layer norm or of an RMS norm, which has no bias. */
export const normBackward: Compute<LayerNormBackward | RmsNormBackward> = (
  op,
  { value, weight },
) => {
  const { data: x, shape } = value(op.input)
  const [rows, columns] = shape
  const dy = value(op.outputGradient)
  const { data: scale } = weight(op.scale)
  const normal = matrix(rows, columns)
  const dx = matrix(rows, columns)
  const centres = op.op === 'layer_norm_backward'
  for (let row = 0; row < rows; row++) {
    const indices = Array.from({ length: columns }, (_, column) => row * columns + column)
    const gradient = (at: number) => dy.data[at]! * scale[at % columns]!
    const into = { normal: normal.data, gradient: dx.data }
    normalizedGradient(x, indices, op.eps, gradient, into, centres)
  }
  return [dx, columnSums(times(dy, normal)), columnSums(dy)]
}
