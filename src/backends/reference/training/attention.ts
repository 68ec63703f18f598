import type { AttentionBackward } from '../../../program/training/attention.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'

export const attentionBackward: Compute<AttentionBackward> = (op, { value, optional }) => {
  const q = value(op.query)
  const kv = value(op.keyValue)
  const output = value(op.output)
  const bias = optional(op.bias)?.data
  const dOutput = value(op.outputGradient)
  const dq = matrix(...q.shape)
  const dkv = matrix(...kv.shape)
  const [queries, width] = q.shape
  const tokens = kv.shape[0]
  const size = width / op.heads
  const factor = 1 / Math.sqrt(size)
  for (let left = 0; left < width; left += size) {
    for (let i = 0; i < queries; i++) {
      const seen = op.causal ? i + 1 : tokens
      const head = left / size
      const products = Array.from({ length: seen }, (_, j) => {
        const offset = bias ? bias[(head * tokens + j) * queries + i]! : 0
        return dot(q, i, left, kv, j, left, size) * factor + offset
      })
      const highest = Math.max(...products)
      const exponentials = products.map((x) => Math.exp(x - highest))
      const sum = exponentials.reduce((a, b) => a + b, 0)
      const delta = dot(dOutput, i, left, output, i, left, size)
      for (let j = 0; j < seen; j++) {
        const p = exponentials[j]! / sum
        const d = p * (dot(dOutput, i, left, kv, j, width + left, size) - delta) * factor
        for (let k = 0; k < size; k++) {
          const [atQuery, atKey] = [i * width + left + k, j * 2 * width + left + k]
          dq.data[atQuery]! += d * kv.data[atKey]!
          dkv.data[atKey]! += d * q.data[atQuery]!
          dkv.data[atKey + width]! += p * dOutput.data[atQuery]!
        }
      }
    }
  }
  return [dq, dkv]
}

/** The product of parts of two rows, from columns `left` and `right` on. */
function dot(
  a: Matrix,
  i: number,
  left: number,
  b: Matrix,
  j: number,
  right: number,
  count: number,
): number {
  let sum = 0
  for (let k = 0; k < count; k++) {
    sum += a.data[i * a.shape[1] + left + k]! * b.data[j * b.shape[1] + right + k]!
  }
  return sum
}
