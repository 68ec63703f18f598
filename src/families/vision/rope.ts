import { ArgumentError } from '../../errors.ts'
import { patchGrid } from '../vit/grid.ts'
import type { VisionTower } from './config.ts'

/*
 * The program rotates the pairs (j, j + d/2) of a head of width d. Files of `indexed` models rotate (2j, 2j + 1), which
 * is the same after the columns of queries and keys have changed places: attention sees their products only.
 */

/** Do files rotate neighbours? */
export const isInterleaved = ({ rope }: Pick<VisionTower, 'rope'>) => rope.startsWith('indexed')

/**
 * The pairs of each head from neighbours to halves.
 * @param values `[heads * head width, length]`
 */
export const toHalves = (values: Float32Array, length: number, heads: number) =>
  moved(values, length, heads, (head, j, half) => [
    head + j,
    head + (j < half ? 2 * j : 2 * (j - half) + 1),
  ])

/** The inverse of `toHalves`. */
export const toNeighbours = (values: Float32Array, length: number, heads: number) =>
  moved(values, length, heads, (head, j, half) => [
    head + (j < half ? 2 * j : 2 * (j - half) + 1),
    head + j,
  ])

function moved(
  values: Float32Array,
  length: number,
  heads: number,
  places: (head: number, j: number, half: number) => readonly [to: number, from: number],
): Float32Array {
  const width = values.length / length / heads
  const result = new Float32Array(values.length)
  for (let head = 0; head < heads; head++) {
    for (let j = 0; j < width; j++) {
      const [to, from] = places(head * width, j, width / 2)
      result.set(values.subarray(from * length, (from + 1) * length), to * length)
    }
  }
  return result
}

/**
 * The rotations of all patches, `[patches, head width]`: the sines of half as many angles, then their cosines. The first
 * half of the angles is of rows, the other one of columns; `indexed_xy` has columns first. Computed in f64.
 * @throws ArgumentError where the config has no such rotation
 */
export function ropeTable(config: VisionTower): Float32Array {
  const [rows, columns] = patchGrid(config)
  const half = config.width / config.heads / 2
  const bands = half / 2
  const table = new Float32Array(rows * columns * 2 * half)
  const angle = angles(config, bands)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = (row * columns + column) * 2 * half
      for (let band = 0; band < bands; band++) {
        const pair = [angle(row, 0, band), angle(column, 1, band)]
        if (config.rope === 'indexed_xy') pair.reverse()
        pair.forEach((value, axis) => {
          table[at + axis * bands + band] = Math.sin(value)
          table[at + half + axis * bands + band] = Math.cos(value)
        })
      }
    }
  }
  return table
}

/** The angle of a place along an axis, 0 for rows, 1 for columns, in one band of wavelengths. */
function angles(
  config: VisionTower,
  bands: number,
): (place: number, axis: 0 | 1, band: number) => number {
  const grid = patchGrid(config)
  const { rope, ropeBase, ropeGrid } = config
  // DINOv3: wavelengths are base^(band / bands) of coordinates from -1 to 1.
  if (rope === 'centred') {
    return (place, axis, band) =>
      (2 * Math.PI * ((2 * (place + 0.5)) / grid[axis] - 1)) / ropeBase ** (band / bands)
  }
  if (rope === 'none') throw new ArgumentError('This model rotates nothing.')
  // EVA-02: frequencies are base^(-band / bands) of an index, scaled to the grid of its first training.
  const first = rope === 'indexed_xy' ? 1 : 0
  return (place, axis, band) =>
    ((place + first) / grid[axis]) * ropeGrid[axis] * ropeBase ** (-band / bands)
}
