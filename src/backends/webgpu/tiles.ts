import { gemmBytes, gemmThreads, type Tile } from './kernels/gemm.ts'
import type { Storage } from './kernels/kernel.ts'

/** The tiles that a product may have, the largest first: the more outputs a thread has, the fewer reads each costs. */
export const tiles: readonly Tile[] = [
  { rows: 128, columns: 128, inner: 16, threadRows: 8, threadColumns: 8 },
  { rows: 64, columns: 64, inner: 16, threadRows: 8, threadColumns: 4 },
  { rows: 32, columns: 64, inner: 16, threadRows: 4, threadColumns: 4 },
  { rows: 16, columns: 32, inner: 16, threadRows: 2, threadColumns: 4 },
]

/** Workgroups that keep a large GPU busy; with fewer, a smaller tile is faster. */
const BUSY = 64

/** A product, as far as its speed goes. */
export interface GemmShape {
  readonly rows: number
  readonly inner: number
  /** Of each right-hand side. */
  readonly columns: readonly number[]
  readonly a: Storage
  readonly b: Storage
}

export type GemmLimits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup'
>

export const tileName = ({ rows, columns, inner }: Tile): string => `${rows}x${columns}x${inner}`

export const tilesAcross = (tile: Tile, columns: number): number =>
  Math.ceil(columns / tile.columns)

export function workgroups(tile: Tile, { rows, columns }: GemmShape): number {
  const across = columns.reduce((sum, each) => sum + tilesAcross(tile, each), 0)
  return across * Math.ceil(rows / tile.rows)
}

/** The tiles that a device can hold; the smallest fits all. */
export function fittingTiles(limits: GemmLimits, { a, b }: GemmShape): Tile[] {
  return tiles.filter(
    (tile) =>
      gemmBytes(tile, a, b) <= limits.maxComputeWorkgroupStorageSize &&
      gemmThreads(tile) <= limits.maxComputeInvocationsPerWorkgroup,
  )
}

/** The largest tile that gives enough workgroups, or the smallest. */
export function guessTile(limits: GemmLimits, shape: GemmShape): Tile {
  const fitting = fittingTiles(limits, shape)
  return fitting.find((tile) => workgroups(tile, shape) >= BUSY) ?? fitting.at(-1)!
}
