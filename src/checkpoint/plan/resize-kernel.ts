import { UnsupportedError } from '../../errors.ts'
import { allocate } from '../read/dtype.ts'
import { antialiased, type Grid } from './position.ts'

/** A matrix by its rows, in f64. */
type Matrix = readonly Float64Array[]

/**
 * Resizes the kernel of a patch embedding so that resized patches give the same tokens: `w' = pinv(B^T) w`, where `B`
 * resizes a patch (bicubic with antialias). It is timm's `resample_patch_embed`. Both axes are resized one after the
 * other, since the pseudo-inverse of a Kronecker product is that of its factors. Computed in f64, rounded once.
 * @param values `[outer, height, width, inner]`
 * @param from height and width of the patches that it was made for
 * @throws UnsupportedError where patches of the new size don't determine the kernel
 */
export function resizeKernel(
  values: Float32Array,
  outer: number,
  inner: number,
  from: Grid,
  to: Grid,
): Float32Array {
  const down = pseudoInverse(from[0], to[0])
  const across = pseudoInverse(from[1], to[1])
  const tall = alongAxis(down, values, outer, from[0], from[1] * inner)
  const wide = alongAxis(across, tall, outer * to[0], from[1], inner)
  const resized = allocate(wide.length, 'the resized patch kernel')
  resized.set(wide)
  return resized
}

/** Multiplies `[outer, length, inner]` by a matrix along the middle axis. */
function alongAxis(
  matrix: Matrix,
  values: ArrayLike<number>,
  outer: number,
  length: number,
  inner: number,
): Float64Array {
  const result = new Float64Array(outer * matrix.length * inner)
  for (let o = 0; o < outer; o++) {
    matrix.forEach((factors, row) => {
      const to = (o * matrix.length + row) * inner
      for (let k = 0; k < length; k++) {
        const from = (o * length + k) * inner
        for (let i = 0; i < inner; i++) result[to + i]! += factors[k]! * values[from + i]!
      }
    })
  }
  return result
}

/** `pinv(B^T)` `[to, from]` of the matrix `B` `[to, from]` that resizes one axis. */
function pseudoInverse(from: number, to: number): Matrix {
  const resize = antialiased(from, to).map(({ first, weights }) => {
    const row = new Float64Array(from)
    row.set(weights, first)
    return row
  })
  // B has full rank, so the pseudo-inverse is that of normal equations.
  return to < from
    ? solve(gram(resize), resize, from, to)
    : transposed(solve(gram(transposed(resize)), transposed(resize), from, to))
}

const transposed = (matrix: Matrix): Matrix =>
  Array.from(matrix[0]!, (_, column) => Float64Array.from(matrix, (row) => row[column]!))

/** A matrix times its transpose. */
const gram = (matrix: Matrix): Matrix =>
  matrix.map((one) => Float64Array.from(matrix, (other) => dot(one, other, one.length)))

const dot = (one: Float64Array, other: Float64Array, length: number) => {
  let sum = 0
  for (let i = 0; i < length; i++) sum += one[i]! * other[i]!
  return sum
}

/** `X` of `A X = B` by Cholesky's decomposition. @param a symmetric and positive definite */
function solve(a: Matrix, b: Matrix, from: number, to: number): Matrix {
  const size = a.length
  const lower = a.map((row) => new Float64Array(row.length))
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = a[i]![j]! - dot(lower[i]!, lower[j]!, j)
      if (i !== j) lower[i]![j] = rest / lower[j]![j]!
      else if (rest > 1e-9) lower[i]![i] = Math.sqrt(rest)
      else {
        throw new UnsupportedError(`A kernel for patches of ${from} can't be resized to ${to}.`)
      }
    }
  }
  const x = b.map((row) => Float64Array.from(row))
  const subtract = (row: Float64Array, factor: number, other: Float64Array) => {
    for (let i = 0; i < row.length; i++) row[i]! -= factor * other[i]!
  }
  const divide = (i: number) => {
    for (let k = 0; k < x[i]!.length; k++) x[i]![k]! /= lower[i]![i]!
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) subtract(x[i]!, lower[i]![j]!, x[j]!)
    divide(i)
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++) subtract(x[i]!, lower[j]![i]!, x[j]!)
    divide(i)
  }
  return x
}
