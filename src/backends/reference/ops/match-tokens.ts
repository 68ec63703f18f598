import type { MatchTokens } from '../../../program/ops/match-tokens.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const matchTokens: Compute<MatchTokens> = (op, { value }) => {
  const { merged, kept } = op
  const metric = directions(value(op.keyValue), op.heads)
  const [tokens] = metric.shape
  const matches: Match[] = []
  for (let even = kept + (kept % 2); even < tokens; even += 2) {
    let best: Match = { even, odd: 1, cosine: Number.NEGATIVE_INFINITY }
    for (let odd = kept + 1 - (kept % 2); odd < tokens; odd += 2) {
      const cosine = dot(metric, even, odd)
      if (cosine > best.cosine) best = { even, odd, cosine }
    }
    matches.push(best)
  }
  matches.sort((a, b) => b.cosine - a.cosine)
  const gone = matches.slice(0, merged)
  const staying = matches.slice(merged)
  if (kept > 0) staying.sort((a, b) => a.even - b.even)

  const rows = matrix(tokens, 1)
  let next = 0
  for (let token = 0; token < kept; token++) rows.data[token] = next++
  for (const { even } of staying) rows.data[even] = next++
  for (let odd = kept + 1 - (kept % 2); odd < tokens; odd += 2) rows.data[odd] = next++
  for (const { even, odd } of gone) rows.data[even] = rows.data[odd]!

  const after = matrix(tokens - merged, 1)
  const sizes = op.sizes === undefined ? undefined : value(op.sizes).data
  rows.data.forEach((row, token) => {
    after.data[row]! += sizes?.[token] ?? 1
  })
  return [rows, after]
}

interface Match {
  readonly even: number
  readonly odd: number
  readonly cosine: number
}

/** The mean of the keys of all heads, of length 1; `[tokens, head width]`. */
function directions({ shape: [tokens, columns], data }: Matrix, heads: number): Matrix {
  const headWidth = columns / 2 / heads
  const metric = matrix(tokens, headWidth)
  for (let token = 0; token < tokens; token++) {
    const row = metric.data.subarray(token * headWidth, (token + 1) * headWidth)
    for (let i = 0; i < columns / 2; i++) row[i % headWidth]! += data[token * columns + i]!
    const length = Math.hypot(...row)
    row.forEach((x, i) => {
      row[i] = x / length
    })
  }
  return metric
}

function dot({ shape: [, width], data }: Matrix, a: number, b: number): number {
  let sum = 0
  for (let i = 0; i < width; i++) sum += data[a * width + i]! * data[b * width + i]!
  return sum
}
