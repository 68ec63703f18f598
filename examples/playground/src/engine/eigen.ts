export interface Eigen {
  /** From the largest to the smallest. */
  readonly values: number[]
  /** Of length 1, in the order of the values. */
  readonly vectors: Float64Array[]
}

/**
 * All eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
 * @param matrix rows; it is changed
 */
export function eigenOfSymmetric(matrix: Float64Array[]): Eigen {
  const size = matrix.length
  const vectors = matrix.map((_, i) => Float64Array.from({ length: size }, (_, j) => +(i === j)))
  while (offDiagonal(matrix) > 1e-14) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(matrix, vectors, p, q)
    }
  }
  const order = vectors.map((_, i) => i).sort((a, b) => matrix[b]![b]! - matrix[a]![a]!)
  return {
    values: order.map((i) => matrix[i]![i]!),
    vectors: order.map((i) => vectors[i]!),
  }
}

/** The share of the matrix that is not on its diagonal. */
function offDiagonal(matrix: readonly Float64Array[]): number {
  let [off, all] = [0, 0]
  matrix.forEach((row, i) => {
    row.forEach((value, j) => {
      all += value ** 2
      if (i !== j) off += value ** 2
    })
  })
  return all > 0 ? Math.sqrt(off / all) : 0
}

/** Turns rows and columns `p` and `q` so that the element `[p, q]` becomes zero. */
function rotate(matrix: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [matrix[p]!, matrix[q]!]
  const element = rowP[q]!
  if (element === 0) return
  const ratio = (rowQ[q]! - rowP[p]!) / (2 * element)
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(ratio, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (const row of matrix) {
    const [a, b] = [row[p]!, row[q]!]
    row[p] = cosine * a - sine * b
    row[q] = sine * a + cosine * b
  }
  turn(rowP, rowQ, cosine, sine)
  turn(vectors[p]!, vectors[q]!, cosine, sine)
}

function turn(first: Float64Array, second: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i]!, second[i]!]
    first[i] = cosine * a - sine * b
    second[i] = sine * a + cosine * b
  }
}
