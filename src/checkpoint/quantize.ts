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
 * Quantises `[out, in]` symmetrically, one scale per output: max(largest / 127, largest group sum /
 * 256), moved by up to a percent where rounding breaks a bound or leaves both unmet. As one bound is
 * met exactly, quantising the result again by that formula gives the same scales and integers.
 */
export function quantizeRows(matrix: Float32Array, rows: number, columns: number): Int8Matrix {
  const values = new Int8Array(rows * columns)
  const scales = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const weights = matrix.subarray(row * columns, (row + 1) * columns)
    const scale = chooseScale(weights)
    scales[row] = scale
    for (let k = 0; k < columns; k++) values[row * columns + k] = quantized(weights[k]!, scale)
  }
  return { values, scales }
}

const quantized = (weight: number, scale: number) => (scale > 0 ? Math.round(weight / scale) : 0)

function chooseScale(weights: Float32Array): number {
  const { largest, sum } = extremes(weights, Math.abs)
  if (!(largest > 0)) return 0
  const plain = Math.fround(Math.max(largest / maxMagnitude, sum / maxGroupSum))
  // Rounding changes each of four magnitudes by up to a half.
  let low = Math.max(largest / (maxMagnitude + 0.5), sum / (maxGroupSum + 2)) * (1 - 2 ** -20)
  let high = Math.fround(Math.max(largest / maxMagnitude, sum / (maxGroupSum - 2)) * (1 + 2 ** -20))
  for (let scale = plain; ; scale = Math.fround((low + high) / 2)) {
    if (scale <= low || scale >= high) return high
    const rounded = extremes(weights, (weight) => Math.abs(quantized(weight, scale)))
    if (rounded.largest > maxMagnitude || rounded.sum > maxGroupSum) low = scale
    else if (rounded.largest === maxMagnitude || rounded.sum === maxGroupSum) return scale
    else high = scale
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
