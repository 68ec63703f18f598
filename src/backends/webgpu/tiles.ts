import { gemmBytes, gemmThreads, type Tile } from './kernels/gemm.ts'
import { type Matrix, type MatrixGrid, matrixTile } from './kernels/gemm-matrices.ts'
import type { RegisterTile } from './kernels/gemm-registers.ts'
import type { Storage } from './kernels/kernel.ts'

export { tileName } from './kernels/gemm.ts'

/** The available tiles, largest first. The more outputs per thread, the fewer reads per output. */
export const tiles: readonly RegisterTile[] = [
  { rows: 128, columns: 128, inner: 16, threadRows: 8, threadColumns: 8, slices: 1 },
  { rows: 64, columns: 128, inner: 16, threadRows: 8, threadColumns: 8, slices: 1 },
  { rows: 64, columns: 64, inner: 16, threadRows: 8, threadColumns: 4, slices: 1 },
  { rows: 32, columns: 64, inner: 16, threadRows: 4, threadColumns: 4, slices: 1 },
  { rows: 16, columns: 32, inner: 16, threadRows: 2, threadColumns: 4, slices: 1 },
]

/**
 * Tiles for a few rows on a large GPU. There are too few of them to occupy it, so each has several times the threads,
 * which share the inner dimension. Five tiles of 40 rows hold the 197 tokens of an image, where seven of 32 are needed.
 */
export const slicedTiles: readonly RegisterTile[] = [
  { rows: 40, columns: 32, inner: 64, threadRows: 4, threadColumns: 4, slices: 4 },
  { rows: 32, columns: 64, inner: 64, threadRows: 4, threadColumns: 4, slices: 4 },
  { rows: 16, columns: 32, inner: 64, threadRows: 2, threadColumns: 4, slices: 4 },
]

/** The same for subgroup matrices. With the common 16x16x16 they range from 128x128x32 to 32x32x64. */
export const matrixGrids: readonly MatrixGrid[] = [
  { subgroups: [4, 4], sums: [2, 2], deep: 2, slices: 1 },
  { subgroups: [4, 2], sums: [2, 2], deep: 2, slices: 1 },
  { subgroups: [2, 2], sums: [2, 2], deep: 4, slices: 1 },
  { subgroups: [2, 2], sums: [1, 1], deep: 4, slices: 1 },
]

export const slicedGrids: readonly MatrixGrid[] = [
  { subgroups: [2, 2], sums: [1, 2], deep: 8, slices: 2 },
]

/** The largest tile of registers that is guessed. Larger ones are a little faster or much slower, so they are measured. */
const SAFE = 64

/** The workgroups from which a tile is guessed. With fewer, a smaller one occupies a large GPU better. */
const enough = ({ rows, columns }: Tile): number => (rows * columns < SAFE * SAFE ? 64 : 256)

/** The properties of a product that determine its speed. */
export interface GemmShape {
  readonly rows: number
  readonly inner: number
  /** The columns of each right-hand side. */
  readonly columns: readonly number[]
  readonly a: Storage
  readonly b: Storage
}

export type GemmLimits = Pick<
  GPUSupportedLimits,
  'maxComputeWorkgroupStorageSize' | 'maxComputeInvocationsPerWorkgroup'
>

export const tilesAcross = (tile: Tile, columns: number): number =>
  Math.ceil(columns / tile.columns)

export function workgroups(tile: Tile, { rows, columns }: GemmShape): number {
  const across = columns.reduce((sum, each) => sum + tilesAcross(tile, each), 0)
  return across * Math.ceil(rows / tile.rows)
}

/**
 * The tiles within a device's limits; the smallest of those in one slice fits every device.
 * @param matrix the subgroup matrix size, used with f16 weights
 */
export function fittingTiles(limits: GemmLimits, { b }: GemmShape, matrix?: Matrix): Tile[] {
  const grids = matrix && b === 'f16' ? [...matrixGrids, ...slicedGrids] : []
  const ofMatrices = grids.map((grid) => matrixTile(matrix!, grid))
  return [...ofMatrices, ...tiles, ...slicedTiles].filter(
    (tile) =>
      gemmBytes(tile) <= limits.maxComputeWorkgroupStorageSize &&
      gemmThreads(tile) <= limits.maxComputeInvocationsPerWorkgroup,
  )
}

/**
 * The largest tile with enough workgroups, else the smallest. Matrix tiles are preferred. Slices pay on large GPUs only,
 * so they are left to measurements.
 */
export function guessTile(limits: GemmLimits, shape: GemmShape, matrix?: Matrix): Tile {
  const all = fittingTiles(limits, shape, matrix).filter(({ slices }) => slices === 1)
  const ofMatrices = all.filter((tile) => 'matrix' in tile)
  const registers = all.filter(({ columns }) => columns <= SAFE)
  const fitting = ofMatrices.length > 0 ? ofMatrices : registers
  return fitting.find((tile) => workgroups(tile, shape) >= enough(tile)) ?? fitting.at(-1)!
}
