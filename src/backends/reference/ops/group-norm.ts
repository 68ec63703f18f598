import type { GroupNorm } from '../../../program/ops/group-norm.ts'
import type { Shape } from '../../../program/values.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const groupNorm: Compute<GroupNorm> = (op, { value, weight }) => {
  const { data, shape } = value(op.input)
  const [rows, columns] = shape
  const residual = op.residual === undefined ? undefined : value(op.residual).data
  const { data: scale } = weight(op.scale)
  const { data: bias } = weight(op.bias)
  const out = matrix(rows, columns)
  for (const indices of groupIndices(shape, op.groups)) {
    const mean = indices.reduce((sum, at) => sum + data[at]!, 0) / indices.length
    const squares = indices.reduce((sum, at) => sum + (data[at]! - mean) ** 2, 0)
    const deviation = Math.sqrt(squares / indices.length + op.eps)
    for (const at of indices) {
      const column = at % columns
      const normal = ((data[at]! - mean) / deviation) * scale[column]! + bias[column]!
      const sum = normal + (residual ? residual[at]! : 0)
      out.data[at] = op.activation === 'relu' ? Math.max(0, sum) : sum
    }
  }
  return [out]
}

/** Where the values of each group lie, row by row. */
export function groupIndices([rows, columns]: Shape, groups: number): number[][] {
  const width = columns / groups
  return Array.from({ length: groups }, (_, group) =>
    Array.from(
      { length: rows * width },
      (_, i) => Math.floor(i / width) * columns + group * width + (i % width),
    ),
  )
}
