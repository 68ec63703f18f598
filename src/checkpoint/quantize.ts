/** An int8 matrix: `scales[row] * values[row, column]` is what it stands for. */
export interface Int8Matrix {
  readonly values: Int8Array
  readonly scales: Float32Array
}

/**
 * The int8 kernels add the products of four weights in 16 bits before they widen. Those four are, of
 * each eight inputs, 0 1 4 5 and 2 3 6 7; with activations up to 127 their magnitudes may sum to
 * 258. Scales are chosen so that they sum to 256 at most.
 */
const groups = [0, 0, 1, 1, 0, 0, 1, 1] as const
const maxGroupSum = 256
const maxMagnitude = 127

/**
 * Quantises `[out, in]` symmetrically, one scale per output: the smallest scale, to f32 precision,
 * at which every weight rounds to 127 or less and every group to 256 or less. At that scale one of
 * the two bounds is met exactly, so quantising the result again by max(largest / 127, largest group
 * sum / 256) gives the same scale and the same integers.
 */
export function quantizeRows(matrix: Float32Array, rows: number, columns: number): Int8Matrix {
  const values = new Int8Array(rows * columns)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const weights = matrix.subarray(row * columns, (row + 1) * columns)
    const scale = smallestScale(weights)
    scales[row] = scale
    for (let k = 0; k < columns; k++) values[row * columns + k] = quantized(weights[k]!, scale)
  }
  return { values, scales }
}

const quantized = (weight: number, scale: number) => (scale > 0 ? Math.round(weight / scale) : 0)

function smallestScale(weights: Float32Array): number {
  const { largest, sum } = extremes(weights, Math.abs)
  if (!(largest > 0)) return 0
  // Rounding adds up to a half to each of the four magnitudes.
  let high = Math.fround(Math.max(largest / maxMagnitude, sum / (maxGroupSum - 2)) * (1 + 2 ** -20))
  let low = Math.max(largest / (maxMagnitude + 0.5), sum / (maxGroupSum + 2)) * (1 - 2 ** -20)
  const fits = (scale: number) => {
    const { largest, sum } = extremes(weights, (weight) => Math.abs(quantized(weight, scale)))
    return largest <= maxMagnitude && sum <= maxGroupSum
  }
  for (;;) {
    const middle = Math.fround((low + high) / 2)
    if (middle <= low || middle >= high) return high
    if (fits(middle)) high = middle
    else low = middle
  }
}

function extremes(
  weights: Float32Array,
  magnitude: (weight: number) => number,
): { largest: number; sum: number } {
  let largest = 0
  let sum = 0
  for (let start = 0; start < weights.length; start += 8) {
    const sums: [number, number] = [0, 0]
    const end = Math.min(8, weights.length - start)
    for (let i = 0; i < end; i++) {
      const value = magnitude(weights[start + i]!)
      sums[groups[i]!]! += value
      if (value > largest) largest = value
    }
    sum = Math.max(sum, sums[0], sums[1])
  }
  return { largest, sum }
}
