import type { Rope } from '../../../src/program/ops/rope.ts'
import type { Shape } from '../../../src/program/values.ts'

/** What the rotation of a value is in operators that all engines have: `x * cosines + swapped(x) * sines`. */
export interface Rotation {
  /** Rows that are rotated, from `from` on. */
  readonly count: number
  readonly size: number
  readonly half: number
  /** `[count, size]`: the cosines of a row, twice. */
  cosines(): Float32Array
  /** `[count, size]`: its sines, the first half negative; the halves of `x` are swapped beside them. */
  sines(): Float32Array
}

/** @param table the values of the operation's table */
export function rotationOf(
  { heads, from, width, inverse }: Rope,
  [rows]: Shape,
  table: () => Float32Array,
): Rotation {
  const count = Math.max(0, rows - from)
  const size = width / heads
  const half = size / 2
  const each = (value: (angles: Float32Array, j: number) => number) => {
    const all = table()
    const result = new Float32Array(count * size)
    for (let row = 0; row < count; row++) {
      const angles = all.subarray(row * size, (row + 1) * size)
      for (let j = 0; j < size; j++) result[row * size + j] = value(angles, j)
    }
    return result
  }
  return {
    ...{ count, size, half },
    cosines: () => each((angles, j) => angles[half + (j % half)]!),
    sines: () => each((angles, j) => (j < half === inverse ? 1 : -1) * angles[j % half]!),
  }
}
