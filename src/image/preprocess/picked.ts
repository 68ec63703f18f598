import type { RowSink } from '../rows.ts'
import { AXES } from '../upright.ts'
import type { Stored } from './resizer.ts'

/** The pixels of a picture where some columns and rows cross, collected while it is decoded. */
export class Picked implements RowSink {
  readonly data: Uint8Array
  /** For each needed column and row of the upright picture: where its pixels begin in `data`; their sum is a pixel's place. */
  readonly columnOffsets: (columns: Int32Array) => Int32Array
  readonly rowOffsets: (rows: Int32Array) => Int32Array
  readonly #rowBytes: number
  /** Stored columns, in bytes. */
  readonly #columns: Int32Array
  /** For each stored row: its place among the needed ones, or -1. */
  readonly #places: Int32Array

  /** @param columns and rows of the upright picture */
  constructor(
    { width, height, orientation }: Stored,
    columns: readonly Int32Array[],
    rows: readonly Int32Array[],
  ) {
    const { swap, mirrorX, mirrorY } = AXES[orientation]
    const along = new Axis(swap ? rows : columns, width, mirrorX)
    const between = new Axis(swap ? columns : rows, height, mirrorY)
    const bytes = 3 * along.needed.length
    this.data = new Uint8Array(bytes * between.needed.length)
    this.#rowBytes = 3 * width
    this.#columns = along.needed.map((column) => 3 * column)
    this.#places = between.places
    const alongOffsets = (positions: Int32Array) => along.offsets(positions, 3)
    const betweenOffsets = (positions: Int32Array) => between.offsets(positions, bytes)
    this.columnOffsets = swap ? betweenOffsets : alongOffsets
    this.rowOffsets = swap ? alongOffsets : betweenOffsets
  }

  put(y: number, rows: Uint8Array): void {
    for (let start = 0, row = y; start < rows.length; start += this.#rowBytes, row++) {
      const place = this.#places[row]!
      if (place < 0) continue
      let to = place * 3 * this.#columns.length
      for (const column of this.#columns) {
        this.data[to++] = rows[start + column]!
        this.data[to++] = rows[start + column + 1]!
        this.data[to++] = rows[start + column + 2]!
      }
    }
  }
}

/** Needed positions along an axis of the stored picture. */
class Axis {
  /** As stored, ascending. */
  readonly needed: Int32Array
  /** For each stored position: its place among the needed ones, or -1. */
  readonly places: Int32Array
  readonly #stored: (position: number) => number

  constructor(positions: readonly Int32Array[], size: number, mirrored: boolean) {
    this.#stored = mirrored ? (position) => size - 1 - position : (position) => position
    this.places = new Int32Array(size).fill(-1)
    for (const all of positions) for (const one of all) this.places[this.#stored(one)] = 0
    const needed: number[] = []
    for (let i = 0; i < size; i++) if (this.places[i] === 0) this.places[i] = needed.push(i) - 1
    this.needed = Int32Array.from(needed)
  }

  offsets(positions: Int32Array, step: number): Int32Array {
    return positions.map((position) => step * this.places[this.#stored(position)]!)
  }
}
