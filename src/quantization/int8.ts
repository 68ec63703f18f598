/**
 * Weights of 8 bits. This is the one definition of the rule; assembly/gemm/integer-panels.ts computes
 * the same to the bit, and its tests take this module as the oracle.
 *
 * A matrix is quantised symmetrically with one scale per output, `weight = scale * q`, where
 * `q = floor(weight / scale + 1/2)` in f64. Two bounds hold: every `|q|` is at most 127, and the magnitudes
 * of every group sum to at most 256. The scale is the f32 nearest to
 * max(largest / 127, largest group sum / 256), moved by up to a percent where rounding breaks a bound
 * or leaves both unmet. As one bound is then met exactly, quantising the result again gives the same
 * integers, and the same scales but for the rounding of `scale * q`.
 */

/** Inputs come in runs of so many; a matrix whose inputs are fewer is filled up with zeros. */
export const GROUP_SPAN = 8

/**
 * The group of each of eight neighbouring inputs. The kernels add the products of a group's four
 * weights in 16 bits before they widen; with activations up to 127 the magnitudes of the four may sum
 * to 258.
 */
export const GROUP_OF = [0, 0, 1, 1, 0, 0, 1, 1] as const

export const MAX_GROUP_SUM = 256
export const MAX_MAGNITUDE = 127

/** `[rows, columns]`, row-major: `scales[row] * values[row, column]` is what it stands for. */
export interface Int8Matrix {
  readonly values: Int8Array
  readonly scales: Float32Array
}

/** Inputs of a matrix once they are filled up to whole runs of groups. */
export const paddedInputs = (inputs: number) => Math.ceil(inputs / GROUP_SPAN) * GROUP_SPAN

/**
 * Quantises `[out, in]`, row-major. The scale of a row of zeros is 0; that of a row with values that are
 * not finite, or with a group whose sum is not in f32, is NaN.
 * @param rows outputs, each of which gets a scale
 * @param columns inputs
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

/**
 * What integers stand for: `scale * q` in f32, rounded once.
 * @param values values `start`, `start + 1`, … of a matrix, row by row
 * @param columns the length of a row
 * @param scales one per row of the matrix
 * @param into as many floats as there are values; may be `values` itself
 */
export function dequantize(
  values: Int8Array | Float32Array,
  start: number,
  columns: number,
  scales: Float32Array,
  into: Float32Array,
): void {
  for (let from = 0; from < values.length; ) {
    const row = Math.floor((start + from) / columns)
    const to = Math.min(values.length, (row + 1) * columns - start)
    multiply(values, from, to, scales[row]!, into)
    from = to
  }
}

/** In a loop of its own, which engines make fast while it runs. */
function multiply(
  values: Int8Array | Float32Array,
  from: number,
  to: number,
  scale: number,
  into: Float32Array,
): void {
  for (let i = from; i < to; i++) into[i] = values[i]! * scale
}

const quantized = (weight: number, scale: number) => (scale > 0 ? Math.round(weight / scale) : 0)

function chooseScale(weights: Float32Array): number {
  const { largest, sum } = extremes(weights, Math.abs)
  if (!(Math.fround(sum) < Infinity)) return Number.NaN
  if (!(largest > 0)) return 0
  const plain = Math.fround(Math.max(largest / MAX_MAGNITUDE, sum / MAX_GROUP_SUM))
  // Rounding changes each of four magnitudes by up to a half.
  let low = Math.max(largest / (MAX_MAGNITUDE + 0.5), sum / (MAX_GROUP_SUM + 2)) * (1 - 2 ** -20)
  let high = Math.fround(
    Math.max(largest / MAX_MAGNITUDE, sum / (MAX_GROUP_SUM - 2)) * (1 + 2 ** -20),
  )
  for (let scale = plain; ; scale = Math.fround((low + high) / 2)) {
    if (scale <= low || scale >= high) return high
    const rounded = extremes(weights, (weight) => Math.abs(quantized(weight, scale)))
    if (rounded.largest > MAX_MAGNITUDE || rounded.sum > MAX_GROUP_SUM) low = scale
    else if (rounded.largest === MAX_MAGNITUDE || rounded.sum === MAX_GROUP_SUM) return scale
    else high = scale
  }
}

function extremes(
  weights: Float32Array,
  magnitude: (weight: number) => number,
): { largest: number; sum: number } {
  let largest = 0
  let sum = 0
  for (let start = 0; start < weights.length; start += GROUP_SPAN) {
    const sums: [number, number] = [0, 0]
    const end = Math.min(GROUP_SPAN, weights.length - start)
    for (let i = 0; i < end; i++) {
      const value = magnitude(weights[start + i]!)
      sums[GROUP_OF[i]!]! += value
      if (value > largest) largest = value
    }
    sum = Math.max(sum, sums[0], sums[1])
  }
  return { largest, sum }
}
