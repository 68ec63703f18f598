import type { Standardize, StandardizeBackward } from '../../../program/training/standardize.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'

export const standardize: Compute<Standardize> = (op, { weight }) => {
  const kernel = weight(op.kernel)
  const out = matrix(...kernel.shape)
  eachColumn(kernel, op, (at, { mean, divisor }) => {
    out.data[at] = (kernel.data[at]! - mean) / divisor
  })
  return [out]
}

export const standardizeBackward: Compute<StandardizeBackward> = (op, { weight }) => {
  const kernel = weight(op.kernel)
  const { data: dy } = weight(op.outputGradient)
  const [rows, columns] = kernel.shape
  const out = matrix(rows, columns)
  /** Per column: the mean of the gradient, and of the gradient times what is standardised. */
  const means = columnMeans(columns, rows, (at) => dy[at]!)
  const products = new Float64Array(columns)
  eachColumn(kernel, op, (at, { mean }) => {
    products[at % columns]! += (dy[at]! * (kernel.data[at]! - mean)) / rows
  })
  eachColumn(kernel, op, (at, { mean, divisor, deviation }) => {
    const column = at % columns
    // How the divisor changes with the deviation.
    const slope = op.epsOn === 'deviation' ? 1 / deviation : 1 / divisor
    const along = ((kernel.data[at]! - mean) * products[column]! * slope) / divisor
    out.data[at] = (dy[at]! - means[column]! - along) / divisor
  })
  return [out]
}

interface Column {
  readonly mean: number
  readonly deviation: number
  /** What a value is divided by. */
  readonly divisor: number
}

function eachColumn(
  { shape: [rows, columns], data }: Matrix,
  { eps, epsOn }: Pick<Standardize, 'eps' | 'epsOn'>,
  visit: (at: number, column: Column) => void,
): void {
  const means = columnMeans(columns, rows, (at) => data[at]!)
  const variances = columnMeans(columns, rows, (at) => (data[at]! - means[at % columns]!) ** 2)
  for (let at = 0; at < data.length; at++) {
    const variance = variances[at % columns]!
    const deviation = Math.sqrt(variance)
    const divisor = epsOn === 'deviation' ? deviation + eps : Math.sqrt(variance + eps)
    visit(at, { mean: means[at % columns]!, deviation, divisor })
  }
}

function columnMeans(columns: number, rows: number, value: (at: number) => number): Float64Array {
  const means = new Float64Array(columns)
  for (let at = 0; at < rows * columns; at++) means[at % columns]! += value(at) / rows
  return means
}
