import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

export interface Components {
  /** `[count, length]`, the component of the largest variance first. */
  readonly components: Float32Array
  /** The share of the variance that each explains. */
  readonly explained: number[]
}

/**
 * The principal components of vectors. The smaller of the two products of the centred matrix with itself is
 * decomposed; both have the same eigenvalues.
 * @param values `[vectors, length]`
 * @param most how many components are wanted
 */
export function principalComponents(
  values: Float32Array,
  vectors: number,
  most: number,
): Components {
  const length = values.length / vectors
  const centred = centre(values, vectors, length)
  const isWide = length > vectors
  const decomposed = new EigenvalueDecomposition(
    isWide ? centred.mmul(centred.transpose()) : centred.transpose().mmul(centred),
    { assumeSymmetric: true },
  )
  // They come in ascending order.
  const variances = decomposed.realEigenvalues.map((value) => Math.max(value, 0)).reverse()
  const total = variances.reduce((sum, value) => sum + value, 0)
  const count = Math.min(most, variances.length)
  const components = new Float32Array(count * length)
  for (let i = 0; i < count; i++) {
    const vector = decomposed.eigenvectorMatrix.getColumn(variances.length - 1 - i)
    const component = isWide ? Matrix.rowVector(vector).mmul(centred).to1DArray() : vector
    const norm = Math.hypot(...component) || 1
    components.set(
      component.map((value) => value / norm),
      i * length,
    )
  }
  return {
    components,
    explained: variances.slice(0, count).map((v) => (total > 0 ? v / total : 0)),
  }
}

function centre(values: Float32Array, vectors: number, length: number): Matrix {
  const matrix = new Matrix(vectors, length)
  for (let j = 0; j < length; j++) {
    let mean = 0
    for (let i = 0; i < vectors; i++) mean += values[i * length + j]! / vectors
    for (let i = 0; i < vectors; i++) matrix.set(i, j, values[i * length + j]! - mean)
  }
  return matrix
}
