import type { Attention } from '../../../program/ops/attention.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const attention: Compute<Attention> = (op, { value, optional }) => {
  const [query, keyValue] = [value(op.query), value(op.keyValue)]
  const bias = optional(op.bias)?.data
  const sizes = op.sizes === undefined ? undefined : value(op.sizes).data
  const { heads, causal } = op
  const [queries, width] = query.shape
  const keys = keyValue.shape[0]
  const headWidth = width / heads
  const out = matrix(queries, width)
  const weights = matrix(heads * queries, keys)
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < queries; i++) {
      const at = (h * queries + i) * keys
      const seen = causal ? i + 1 : keys
      const row = weights.data.subarray(at, at + seen)
      for (let j = 0; j < seen; j++) {
        let dot = 0
        for (let d = h * headWidth; d < (h + 1) * headWidth; d++) {
          dot += query.data[i * width + d]! * keyValue.data[j * 2 * width + d]!
        }
        const offset = bias ? bias[(h * keys + j) * queries + i]! : Math.log(sizes?.[j] ?? 1)
        row[j] = dot / Math.sqrt(headWidth) + offset
      }
      softmax(row)
      for (let j = 0; j < seen; j++) {
        const at = (2 * j + 1) * width
        for (let d = h * headWidth; d < (h + 1) * headWidth; d++) {
          out.data[i * width + d]! += row[j]! * keyValue.data[at + d]!
        }
      }
    }
  }
  return [out, weights]
}

/** Softmax in place. An infinite input makes the row NaN, since `exp(inf - inf)` is NaN. */
export function softmax(row: Float64Array): void {
  const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let j = 0; j < row.length; j++) {
    row[j] = Math.exp(row[j]! - top)
    sum += row[j]!
  }
  for (let j = 0; j < row.length; j++) row[j]! /= sum
}
