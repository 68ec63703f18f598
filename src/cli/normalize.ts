/**
 * Scales vectors to length 1 (L2), so that the dot product of two is their cosine; a vector of zeros
 * stays as it is.
 * @param values vectors of `width` values, one behind the other
 */
export function normalize(values: Float32Array, width: number): Float32Array {
  const scaled = new Float32Array(values.length)
  for (let at = 0; at < values.length; at += width) {
    const vector = values.subarray(at, at + width)
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
    for (let i = 0; i < vector.length; i++) scaled[at + i] = vector[i]! / (length || 1)
  }
  return scaled
}
