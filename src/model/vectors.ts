/** Several arrays as one. */
export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const only = parts.length === 1 ? parts[0] : undefined
  if (only) return only
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Scales rows of finite values to length 1 (L2), in place; a row of zeros stays as it is. */
export function normalizeRows(values: Float32Array, width: number): Float32Array {
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width)
    let squares = 0
    for (const value of row) squares += value * value
    if (squares > 0) {
      const length = Math.sqrt(squares)
      for (let i = 0; i < row.length; i++) row[i]! /= length
    }
  }
  return values
}
