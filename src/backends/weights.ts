import { ArgumentError } from '../errors.ts'
import { weightsOf } from '../program/ops/operations.ts'
import type { Program } from '../program/program.ts'
import type { Shape, Weight } from '../program/values.ts'
import type { Region } from './backend.ts'

/** The region that covers a whole weight, row-major. */
export const wholeRegion = ([rows, columns]: Shape): Region => ({
  row: 0,
  column: 0,
  rows,
  columns,
  transposed: false,
})

/**
 * Copies values `start`, `start + 1`, … of a region into a row-major matrix of `columns` columns.
 */
export function placeRegion(
  columns: number,
  region: Region,
  start: number,
  values: Float32Array,
  into: Float32Array | Float64Array,
): void {
  const line = region.transposed ? region.rows : region.columns
  let major = Math.floor(start / line)
  let minor = start - major * line
  for (let i = 0; i < values.length; i++) {
    const row = region.row + (region.transposed ? minor : major)
    const column = region.column + (region.transposed ? major : minor)
    into[row * columns + column] = values[i]!
    if (++minor === line) {
      minor = 0
      major++
    }
  }
}

/** @throws ArgumentError where the weight is unknown or values would land outside of it */
export function checkRegion(
  name: string,
  shape: Shape | undefined,
  region: Region,
  start: number,
  count: number,
): void {
  if (!shape) throw new ArgumentError(`This model has no weight ${JSON.stringify(name)}.`)
  const { row, column, rows, columns } = region
  const inside = row >= 0 && column >= 0 && row + rows <= shape[0] && column + columns <= shape[1]
  if (inside && start >= 0 && start + count <= rows * columns) return
  throw new ArgumentError(
    `${count} values from ${start} of a region of ${rows} x ${columns} at (${row}, ${column}) don't fit into ${name} [${shape.join(', ')}].`,
  )
}

/** @throws ArgumentError where int8 values don't come column by column, or without a scale for each */
export function checkScales(name: string, region: Region, scales: Float32Array): void {
  if (region.transposed && scales.length === region.columns) return
  throw new ArgumentError(
    `int8 values of ${name} must come column by column, with a scale for each of ${region.columns} columns; there are ${scales.length} scales.`,
  )
}

/** @throws ArgumentError where a program uses a weight that the model was not created with */
export function checkWeights(program: Program, weights: readonly Weight[]): void {
  const used = [...new Set(program.ops.flatMap(weightsOf))].map((id) => program.weights[id]!)
  checkWeightsNamed(used, weights)
}

/** The same for the weights that a program uses. */
export function checkWeightsNamed(used: readonly Weight[], weights: readonly Weight[]): void {
  for (const { name, shape } of used) {
    const found = weights.find((weight) => weight.name === name)
    if (!found || found.shape[0] !== shape[0] || found.shape[1] !== shape[1]) {
      throw new ArgumentError(
        `The program needs ${name} [${shape.join(', ')}]; this model ${
          found ? `has it as [${found.shape.join(', ')}]` : 'does not have it'
        }.`,
      )
    }
  }
}
