import { platform } from '#platform'
import type { Tile } from './kernels/gemm.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import type { Kernel } from './kernels/kernel.ts'
import { gemmTimes, type Measurable, measuredKernel } from './measure.ts'
import {
  fittingTiles,
  type GemmShape,
  guessTile,
  matrixGrids,
  slicedGrids,
  slicedTiles,
  tileName,
  tiles,
} from './tiles.ts'

/** The part of `Device` that tuning needs. */
export interface Tunable extends Measurable {
  readonly name: string
  readonly matrix?: Matrix | undefined
}

/** The best tile names by product, for each GPU this process has used. */
const known = new Map<string, Map<string, string>>()

/**
 * Chooses the fastest tile for a product on a device: from measurements, else guessed from the shape.
 * Measurements are kept per GPU, also for the next process or page visit.
 */
export class Tuning {
  readonly #device: Tunable
  readonly #best: Map<string, string>

  constructor(device: Tunable) {
    this.#device = device
    this.#best = known.get(device.name) ?? recall(device.name)
    known.set(device.name, this.#best)
  }

  tile(shape: GemmShape): Tile {
    const { gpu, matrix } = this.#device
    const name = this.#best.get(keyOf(shape, matrix))
    const best = fittingTiles(gpu.limits, shape, matrix).find((tile) => tileName(tile) === name)
    return best ?? guessTile(gpu.limits, shape, matrix)
  }

  /**
   * Measures the products that have not been measured yet. Blocks of a model repeat their products, so each is measured
   * once. All pipelines are compiled before, since drivers compile several at a time, and measure worse meanwhile. A tile
   * that the driver can't compile is not used.
   * @param others kernels that are compiled as well
   */
  async learn(shapes: readonly GemmShape[], others: readonly Kernel[] = []): Promise<void> {
    const { gpu, matrix, pipelines } = this.#device
    const unknown = new Map(shapes.map((shape) => [keyOf(shape, matrix), shape]))
    for (const key of this.#best.keys()) unknown.delete(key)
    if (unknown.size === 0) return
    const open = [...unknown].map(([key, shape]) => {
      return { key, shape, tiles: fittingTiles(gpu.limits, shape, matrix) }
    })
    const compiling = open.map(({ shape, tiles }) =>
      Promise.allSettled(tiles.map((tile) => pipelines.get(measuredKernel(shape, tile)))),
    )
    const alsoCompiling = Promise.all(others.map((kernel) => pipelines.get(kernel)))
    const [compiled] = await this.#device.orLost(
      Promise.all([Promise.all(compiling), alsoCompiling]),
    )
    for (const [i, { key, shape, tiles }] of open.entries()) {
      const usable = tiles.filter((_, j) => compiled[i]![j]!.status === 'fulfilled')
      if (usable.length === 0) continue
      const times = await gemmTimes(this.#device, shape, usable)
      this.#best.set(key, tileName(usable[times.indexOf(Math.min(...times))]!))
    }
    remember(this.#device.name, this.#best)
  }
}

/** Rows are rounded up to a power of two. With matrices there are more tiles, so they are part of the key. */
function keyOf({ rows, inner, columns, a, b }: GemmShape, matrix: Matrix | undefined): string {
  const more = matrix ? [matrix.rows, matrix.columns, matrix.inner] : []
  return [2 ** Math.ceil(Math.log2(rows)), inner, ...columns, a, b, ...more].join(' ')
}

const noteOf = (gpu: string) => `tiles ${gpu}`

/** The measurements of an earlier process or visit, if the set of tiles is the same. */
function recall(gpu: string): Map<string, string> {
  try {
    const { from, best } = JSON.parse(platform.notes.recall(noteOf(gpu)) ?? '{}')
    return new Map(from === candidates ? Object.entries(best as Record<string, string>) : [])
  } catch {
    return new Map()
  }
}

function remember(gpu: string, best: ReadonlyMap<string, string>): void {
  const note = { from: candidates, best: Object.fromEntries(best) }
  platform.notes.remember(noteOf(gpu), JSON.stringify(note))
}

/** What the measurements chose from. Grids are tiles only with the matrices of a GPU. */
const candidates = JSON.stringify([tiles, slicedTiles, matrixGrids, slicedGrids])
