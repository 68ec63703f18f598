import type { MergeTokens } from '../../../program/ops/merge-tokens.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const mergeTokens: Compute<MergeTokens> = (op, { value, shape }) => {
  const {
    data,
    shape: [tokens, columns],
  } = value(op.input)
  const rows = value(op.rows).data
  const sizes = op.sizes === undefined ? undefined : value(op.sizes).data
  const sums = value(op.sizesAfter).data
  const out = matrix(...shape(op.output))
  for (let token = 0; token < tokens; token++) {
    const row = rows[token]!
    const share = (sizes?.[token] ?? 1) / sums[row]!
    for (let j = 0; j < columns; j++) {
      out.data[row * columns + j]! += data[token * columns + j]! * share
    }
  }
  return [out]
}
