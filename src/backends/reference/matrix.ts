import type { Shape } from '../../program/values.ts'

/** Row-major, float64. */
export interface Matrix {
  readonly shape: Shape
  readonly data: Float64Array
}

export function matrix(rows: number, columns: number): Matrix {
  return { shape: [rows, columns], data: new Float64Array(rows * columns) }
}
