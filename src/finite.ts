/** The index of the first value that is infinite or NaN; -1 where all are finite. */
export function firstNonFinite(values: Float32Array): number {
  return allFinite(values) ? -1 : values.findIndex((value) => !Number.isFinite(value))
}

/**
 * Weights of a whole model pass through here, so it is written for speed: zero times anything finite
 * is zero, and in four sums no addition waits for the one before it.
 */
function allFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0]
  const fours = values.length & ~3
  for (let i = 0; i < fours; i += 4) {
    a += values[i]! * 0
    b += values[i + 1]! * 0
    c += values[i + 2]! * 0
    d += values[i + 3]! * 0
  }
  for (let i = fours; i < values.length; i++) a += values[i]! * 0
  return a + b + c + d === 0
}
