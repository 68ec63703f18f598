import type { Region } from '../../backends/backend.ts'

/** How a network with weight standardisation (Qiao et al. 2019) computes its kernels from those that are stored. */
export interface Standardize {
  readonly eps: number
  /** Epsilon is added to the standard deviation, or to the variance, inside the root. */
  readonly epsOn: 'deviation' | 'variance'
}

/**
 * Brings the values of each output channel to mean 0 and standard deviation 1, that of the population. Computed in
 * f64, rounded once.
 * @param values of a kernel, in the order of `region`; a column of the region is an output channel
 */
export function standardized(
  values: Float32Array,
  { rows, columns, transposed }: Region,
  { eps, epsOn }: Standardize,
): Float32Array {
  const means = new Float64Array(columns)
  const scales = new Float64Array(columns)
  const result = new Float32Array(values.length)
  const [outer, inner] = transposed ? [columns, rows] : [rows, columns]

  function each(use: (index: number, channel: number) => void): void {
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) use(i * inner + j, transposed ? i : j)
    }
  }

  each((index, channel) => {
    means[channel]! += values[index]!
  })
  for (let channel = 0; channel < columns; channel++) means[channel]! /= rows
  each((index, channel) => {
    scales[channel]! += (values[index]! - means[channel]!) ** 2
  })
  for (let channel = 0; channel < columns; channel++) {
    const variance = scales[channel]! / rows
    const deviation = epsOn === 'variance' ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps
    scales[channel] = 1 / deviation
  }
  each((index, channel) => {
    result[index] = (values[index]! - means[channel]!) * scales[channel]!
  })
  return result
}
