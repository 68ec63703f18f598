import type { CheckpointFile, OpenOptions } from '../checkpoint.ts'
import type { Matched } from '../plan/layout.ts'
import { loadPieces } from '../plan/load.ts'
import type { Piece } from '../plan/piece.ts'
import { allocate } from '../read/dtype.ts'

/** A tensor of a file that is written. */
export interface Target {
  readonly name: string
  readonly shape: readonly number[]
  /** A matrix that may become int8. */
  readonly isMatrix: boolean
  /** Where its values lie in our weights; `start` and `count` are of the tensor that is written. */
  readonly pieces: readonly Piece[]
  /** Done to the values at the end, of which it may change the number. */
  rearrange?(values: Float32Array): Float32Array
}

/** The values of a tensor, laid out as it is written. */
export async function readTarget(
  file: CheckpointFile,
  plan: Matched,
  target: Target,
  options: OpenOptions,
): Promise<Float32Array> {
  const values = allocate(countOf(target), target.name)
  for (const to of target.pieces) {
    const from = (plan.pieces.get(to.weight) ?? [])
      .filter((piece) => within(piece, to))
      .map((piece) => ({
        ...piece,
        standardize: undefined,
        scaleBy: piece.scaleBy?.apart ? undefined : piece.scaleBy,
      }))
    const part = values.subarray(to.start, to.start + to.count)
    await loadPieces(
      file,
      from,
      { write: (_, region, start, run) => place(part, to, region, start, run) },
      options,
    )
    if (to.scale !== 1) for (let i = 0; i < part.length; i++) part[i]! *= to.scale
  }
  return target.rearrange?.(values) ?? values
}

/** How many values a tensor is read from. */
export const countOf = ({ shape, pieces }: Target): number =>
  Math.max(
    shape.reduce((product, side) => product * side, 1),
    ...pieces.map(({ start, count }) => start + count),
  )

/** Does this piece of the source lie within that rectangle? */
function within({ region }: Piece, { region: outer }: Piece): boolean {
  return (
    region.row >= outer.row &&
    region.row < outer.row + outer.rows &&
    region.column >= outer.column &&
    region.column < outer.column + outer.columns
  )
}

/** Puts values `start`, `start + 1`, … of a region where they belong in the rectangle `to`. */
function place(
  values: Float32Array,
  { region: to }: Piece,
  region: Piece['region'],
  start: number,
  run: Float32Array,
): void {
  const inner = region.transposed ? region.rows : region.columns
  for (let i = 0; i < run.length; i++) {
    const outer = Math.floor((start + i) / inner)
    const rest = start + i - outer * inner
    const row = (region.transposed ? rest : outer) + region.row - to.row
    const column = (region.transposed ? outer : rest) + region.column - to.column
    values[to.transposed ? column * to.rows + row : row * to.columns + column] = run[i]!
  }
}
