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
export function transposed<Values extends Float32Array | Int8Array>(
  matrix: Values,
  width: number,
): Values {
  const rows = matrix.length / width
  const result = matrix.slice() as Values
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      result[column * rows + row] = matrix[row * width + column]!
    }
  }
  return result
}

export function scaled(values: Float32Array, factor: number): Float32Array {
  return factor === 1 ? values : values.map((value) => value * factor)
}

/** The same values so many times, one after the other. */
export function repeated(values: Float32Array, times: number): Float32Array {
  if (times === 1) return values
  const result = new Float32Array(times * values.length)
  for (let i = 0; i < times; i++) result.set(values, i * values.length)
  return result
}

/** The bytes of an array, not copied. */
export function bytes(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
