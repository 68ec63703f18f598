import { type Matrix, matrix } from '../matrix.ts'

/** `a x b^T` */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  const [rows, inner] = a.shape
  const columns = b.shape[0]
  const out = matrix(rows, columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < inner; k++) sum += a.data[i * inner + k]! * b.data[j * inner + k]!
      out.data[i * columns + j] = sum
    }
  }
  return out
}

/** `a^T x b` */
export function transposedTimes(a: Matrix, b: Matrix): Matrix {
  const [inner, rows] = a.shape
  const columns = b.shape[1]
  const out = matrix(rows, columns)
  for (let k = 0; k < inner; k++) {
    for (let i = 0; i < rows; i++) {
      const factor = a.data[k * rows + i]!
      for (let j = 0; j < columns; j++) {
        out.data[i * columns + j]! += factor * b.data[k * columns + j]!
      }
    }
  }
  return out
}

/** The sum of each column. */
export function columnSums({ shape: [rows, columns], data }: Matrix): Matrix {
  const out = matrix(1, columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out.data[j]! += data[i * columns + j]!
  }
  return out
}

/** The product of two matrices, value by value. */
export const times = (a: Matrix, b: Matrix): Matrix => ({
  shape: a.shape,
  data: a.data.map((x, i) => x * b.data[i]!),
})
