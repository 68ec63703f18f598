import type { Extension, Storage } from './kernel.ts'

/** The part of a product that a workgroup computes, and how much of the inner dimension it holds at once. */
export interface TileSize {
  readonly rows: number
  /** A multiple of 4, as is `inner`. */
  readonly columns: number
  readonly inner: number
}

/** The operands of a product's main loop. */
export interface Operands {
  /** The element type of `load_a(row, k)`. */
  readonly a: Storage
  /** The element type of `load_b(k, column)`, and of `load_b2`, used if `second`. */
  readonly b: Storage
  readonly pair: boolean
}

/**
 * The main loop. It sums the products of `load_a` and `load_b`, from row `row0` and column vector `column0`
 * on, and calls `finish(row, column, sum)` for each sum.
 */
export interface MainLoop {
  readonly workgroup: readonly [x: number, y?: number]
  readonly enable?: readonly Extension[]
  readonly before: string
  readonly body: string
}

export const bytesOf = (storage: Storage): number => (storage === 'f16' ? 2 : 4)

export const range = (count: number) => Array.from({ length: count }, (_, i) => i)

/** Concatenates `text` for every pair. */
export const each = (
  rows: readonly number[],
  columns: readonly number[],
  text: (i: number, j: number) => string,
): string => rows.flatMap((i) => columns.map((j) => text(i, j))).join('\n')
