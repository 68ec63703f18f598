/**
 * Weights of 11 bits, which the int16 kernels multiply with activations of 12 and add up in 32. No file
 * holds them: assembly/gemm/integer-panels.ts makes them when weights are loaded. This is the definition
 * of its rule, and the oracle of its tests.
 */
import { paddedInputs } from './int8.ts'

const MAX_MAGNITUDE = 1023
/** The largest magnitude of an activation. */
const MAX_ACTIVATION = 2047

/** `[rows, columns]`, row-major: `scales[row] * values[row, column]` is what it stands for. */
export interface Int16Matrix {
  readonly values: Int16Array
  readonly scales: Float32Array
}

/**
 * Quantises `[out, in]` symmetrically, one scale per output: the largest magnitude becomes 1023, or less
 * where a sum of products could exceed 32 bits.
 * @param rows outputs, each of which gets a scale
 * @param columns inputs
 */
export function quantizeRows16(matrix: Float32Array, rows: number, columns: number): Int16Matrix {
  const values = new Int16Array(rows * columns)
  const scales = new Float32Array(rows)
  // Rounding adds a half to each magnitude at most.
  const room = (2 ** 31 - 1) / MAX_ACTIVATION - paddedInputs(columns) / 2 - 1
  for (let row = 0; row < rows; row++) {
    const weights = matrix.subarray(row * columns, (row + 1) * columns)
    let largest = 0
    let sum = 0
    for (const weight of weights) {
      largest = Math.max(largest, Math.abs(weight))
      sum += Math.abs(weight)
    }
    const scale = Math.fround(Math.max(largest / MAX_MAGNITUDE, sum / room))
    scales[row] = scale
    if (scale > 0)
      weights.forEach((w, k) => {
        values[row * columns + k] = Math.round(w / scale)
      })
  }
  return { values, scales }
}
