import { eigenOfSymmetric } from './eigen.ts'

export interface Components {
  /** `[count, length]`, each of length 1, the one of the largest variance first. */
  readonly components: Float32Array
  /** The share of the variance that each explains. */
  readonly explained: number[]
}

/**
 * The first principal components of vectors, by Lanczos's method: of thousands of dimensions only the few directions
 * that are wanted are computed, which takes a second where all of them take half a minute.
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
  const total = dot(centred, centred)
  // Vectors that differ by no more than their rounding do not vary.
  const isConstant = total <= 1e-20 * values.reduce((sum, value) => sum + value * value, 0)
  const { basis, matrix } = krylov(
    (vector) => covary(centred, vectors, vector),
    length,
    isConstant ? 0 : Math.min(length, vectors, 3 * most),
    total,
  )
  const eigen = eigenOfSymmetric(matrix)
  const count = Math.min(most, basis.length)
  const components = new Float32Array(count * length)
  for (let i = 0; i < count; i++) {
    const component = new Float64Array(length)
    for (const [j, vector] of basis.entries()) addScaled(component, vector, eigen.vectors[i]![j]!)
    components.set(component, i * length)
  }
  return { components, explained: eigen.values.slice(0, count).map((value) => value / total) }
}

/**
 * An orthonormal basis of the space in which a matrix has most of its largest eigenvectors, and the matrix there.
 * @param apply multiplies the matrix, which is symmetric and not negative
 * @param trace of the matrix, by which it is judged what is nothing
 */
function krylov(
  apply: (vector: Float64Array) => Float64Array,
  length: number,
  steps: number,
  trace: number,
): { basis: Float64Array[]; matrix: Float64Array[] } {
  const basis: Float64Array[] = []
  const [diagonal, beside]: [number[], number[]] = [[], []]
  // Any start will do that is not orthogonal to what is looked for.
  let next: Float64Array = Float64Array.from({ length }, (_, i) => Math.sin(i * i + 1))
  let size = Math.sqrt(dot(next, next))
  while (basis.length < steps && size > 1e-10 * trace) {
    const vector = next.map((value) => value / size)
    basis.push(vector)
    next = apply(vector)
    diagonal.push(dot(vector, next))
    // Twice, since rounding brings back what the first time removes.
    for (const one of [...basis, ...basis]) addScaled(next, one, -dot(one, next))
    size = Math.sqrt(dot(next, next))
    beside.push(size)
  }
  const matrix = diagonal.map((value, i) => {
    const row = new Float64Array(diagonal.length)
    row[i] = value
    if (i > 0) row[i - 1] = beside[i - 1]!
    if (i + 1 < row.length) row[i + 1] = beside[i]!
    return row
  })
  return { basis, matrix }
}

/** The transposed matrix times the matrix times a vector. */
function covary(matrix: Float64Array, rows: number, vector: Float64Array): Float64Array {
  const result = new Float64Array(vector.length)
  for (let i = 0; i < rows; i++) {
    const row = matrix.subarray(i * vector.length, (i + 1) * vector.length)
    addScaled(result, row, dot(row, vector))
  }
  return result
}

function centre(values: Float32Array, vectors: number, length: number): Float64Array {
  const centred = Float64Array.from(values)
  for (let j = 0; j < length; j++) {
    let mean = 0
    for (let i = 0; i < vectors; i++) mean += values[i * length + j]! / vectors
    for (let i = 0; i < vectors; i++) centred[i * length + j]! -= mean
  }
  return centred
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function addScaled(to: Float64Array, vector: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += scale * vector[i]!
}
