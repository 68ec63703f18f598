import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * Rotary position embedding (Su et al. 2021), half rotation. Rows `from` and up are rotated, in their first `width`
 * columns; the rest is copied. Value `j` of a head and value `j + d / 2`, where `d` is the head width, turn by the same
 * angle `a` of their row: `out_j = x_j cos a - x_(j + d/2) sin a`, `out_(j + d/2) = x_(j + d/2) cos a + x_j sin a`.
 */
export interface Rope {
  readonly op: 'rope'
  readonly input: ValueId
  readonly output: ValueId
  /** `[rows - from, d]`: the sines of `d / 2` angles, then their cosines. Rows beyond the last are not used. */
  readonly table: WeightId
  /** Heads in the first `width` columns; all turn by the same angles. */
  readonly heads: number
  readonly from: number
  readonly width: number
  /** Turns by the negative angles: the gradient of the rotation, and what undoes it. */
  readonly inverse: boolean
}

export const ropeOperation: Operation<Rope> = {
  op: 'rope',
  reads: ['input'],
  makes: ['output'],
  weights: { table: 'table' },
  // Row `from` has the first angles, so rows can be left out at the end only.
  rowsRead: (_, rows) => (rows.from === 0 ? [rows] : undefined),
}
