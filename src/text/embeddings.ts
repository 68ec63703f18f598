/** `x / (|x| + 1e-8)`, LiT's rule for vectors of length 1. */
export function normalized(vector: Float32Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const length = Math.sqrt(squares) + 1e-8
  return vector.map((value) => value / length)
}

/** The mean of vectors that are normalised, normalised again. */
export function meanDirection(vectors: readonly Float32Array[]): Float32Array {
  if (vectors.length === 1) return vectors[0]!
  const sum = new Float64Array(vectors[0]!.length)
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!
  return normalized(Float32Array.from(sum, (value) => value / vectors.length))
}

/** The dot product, in f64. */
export function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!
  return sum
}
