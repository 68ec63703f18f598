import type { Extension, Storage } from './kernel.ts'

/** What a workgroup computes of a product, and how much of the inner dimension it holds at once. */
export interface TileSize {
  readonly rows: number
  /** A multiple of 4, as is `inner`. */
  readonly columns: number
  readonly inner: number
}

/** What the main loop of a product reads. */
export interface Operands {
  /** What `load_a(row, k)` gives a vector of. */
  readonly a: Storage
  /** What `load_b(k, column)` gives a vector of, and `load_b2` where `second` says so. */
  readonly b: Storage
  readonly pair: boolean
}

/**
 * The main loop: it sums the products of `load_a` and `load_b` from row `row0` and vector of columns
 * `column0` on, and gives each sum to `finish(row, column, sum)`.
 */
export interface MainLoop {
  readonly workgroup: readonly [x: number, y?: number]
  readonly enable?: readonly Extension[]
  readonly before: string
  readonly body: string
}

export const bytesOf = (storage: Storage): number => (storage === 'f16' ? 2 : 4)

export const range = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Text for every pair. */
export const each = (
  rows: readonly number[],
  columns: readonly number[],
  text: (i: number, j: number) => string,
): string => rows.flatMap((i) => columns.map((j) => text(i, j))).join('\n')
