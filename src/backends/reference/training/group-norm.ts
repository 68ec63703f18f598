import type { GroupNormBackward } from '../../../program/training/group-norm.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'
import { groupIndices } from '../ops/group-norm.ts'
import { normalizedGradient } from './normalized.ts'
import { columnSums, times } from './products.ts'

export const groupNormBackward: Compute<GroupNormBackward> = (op, { value, weight }) => {
  const { data: x, shape } = value(op.input)
  const [rows, columns] = shape
  const y = value(op.output).data
  const passes = (at: number) => op.activation === 'none' || y[at]! > 0
  const of = value(op.outputGradient)
  const dy = { shape, data: of.data.map((gradient, at) => (passes(at) ? gradient : 0)) }
  const { data: scale } = weight(op.scale)
  const normal = matrix(rows, columns)
  const dx = matrix(rows, columns)
  for (const indices of groupIndices(shape, op.groups)) {
    const gradient = (at: number) => dy.data[at]! * scale[at % columns]!
    normalizedGradient(x, indices, op.eps, gradient, { normal: normal.data, gradient: dx.data })
  }
  return [dx, dy, columnSums(times(dy, normal)), columnSums(dy)]
}
