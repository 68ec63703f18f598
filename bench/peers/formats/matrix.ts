/** Columns `from` to `from + count` of a row-major matrix. */
export function columns(
  matrix: Float32Array,
  width: number,
  from: number,
  count: number,
): Float32Array {
  const rows = matrix.length / width
  const part = new Float32Array(rows * count)
  for (let row = 0; row < rows; row++) {
    const start = row * width + from
    part.set(matrix.subarray(start, start + count), row * count)
  }
  return part
}

/** A row-major matrix of that width, column by column. */
export function transposed(matrix: Float32Array, width: number): Float32Array {
  const rows = matrix.length / width
  const result = new Float32Array(matrix.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      result[column * rows + row] = matrix[row * width + column]!
    }
  }
  return result
}

export function scaled(values: Float32Array, factor: number): Float32Array {
  return values.map((value) => value * factor)
}

/** The bytes of an array, not copied. */
export function bytes(values: Float32Array | Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
