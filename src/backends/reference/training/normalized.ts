/**
 * The gradient of `(x - mean(x)) / sqrt(variance(x) + eps)`, for the values at `indices`.
 * @param centres whether the mean is subtracted; else it is that of `x / sqrt(mean(x^2) + eps)`
 */
export function normalizedGradient(
  x: Float64Array,
  indices: readonly number[],
  eps: number,
  /** Of the normalised values. */
  gradient: (at: number) => number,
  into: { normal: Float64Array; gradient: Float64Array },
  centres = true,
): void {
  const count = indices.length
  const mean = centres ? indices.reduce((sum, at) => sum + x[at]!, 0) / count : 0
  const variance = indices.reduce((sum, at) => sum + (x[at]! - mean) ** 2, 0) / count
  const deviation = Math.sqrt(variance + eps)
  for (const at of indices) into.normal[at] = (x[at]! - mean) / deviation
  const mean1 = centres ? indices.reduce((sum, at) => sum + gradient(at), 0) / count : 0
  const mean2 = indices.reduce((sum, at) => sum + gradient(at) * into.normal[at]!, 0) / count
  for (const at of indices) {
    into.gradient[at] = (gradient(at) - mean1 - into.normal[at]! * mean2) / deviation
  }
}
