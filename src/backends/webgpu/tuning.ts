import { platform } from '#platform'
import { gemm, type Tile } from './kernels/gemm.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import { spread, vectors } from './kernels/kernel.ts'
import type { Pipelines } from './pipelines.ts'
import { fittingTiles, type GemmShape, guessTile, tileName, tiles, tilesAcross } from './tiles.ts'
import { Usage } from './usage.ts'

/** The part of `Device` that tuning needs. */
export interface Measurable {
  readonly gpu: GPUDevice
  readonly name: string
  readonly pipelines: Pipelines
  readonly matrix?: Matrix | undefined
  orLost<T>(promise: Promise<T>): Promise<T>
}

/** The most bytes of a left-hand side that is measured. The windows of a convolution overlap, so they have more. */
const MOST_BYTES = 32 << 20

/** The shortest measurement, in milliseconds, so that submission overhead is negligible. */
const MIN_TIME = 4

/** The best tile names by product, for each GPU this process has used. */
const known = new Map<string, Map<string, string>>()

/**
 * Chooses the fastest tile for a product on a device: from measurements, else guessed from the shape.
 * Measurements are kept per GPU, also for the next process or page visit.
 */
export class Tuning {
  readonly #device: Measurable
  readonly #best: Map<string, string>

  constructor(device: Measurable) {
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

  /** Measures the products that have not been measured yet. */
  async learn(shapes: readonly GemmShape[]): Promise<void> {
    const { gpu, matrix } = this.#device
    const unknown = shapes.filter((shape) => !this.#best.has(keyOf(shape, matrix)))
    for (const shape of unknown) {
      let best = Number.POSITIVE_INFINITY
      for (const tile of fittingTiles(gpu.limits, shape, matrix)) {
        const time = await gemmTime(this.#device, shape, tile)
        if (time >= best) continue
        best = time
        this.#best.set(keyOf(shape, matrix), tileName(tile))
      }
    }
    if (unknown.length > 0) remember(this.#device.name, this.#best)
  }
}

/** Rows are rounded up to a power of two. With matrices there are more tiles, so they are part of the key. */
function keyOf({ rows, inner, columns, a, b }: GemmShape, matrix: Matrix | undefined): string {
  const more = matrix ? [matrix.rows, matrix.columns, matrix.inner] : []
  return [2 ** Math.ceil(Math.log2(rows)), inner, ...columns, a, b, ...more].join(' ')
}

/** The milliseconds of a product, best of three. */
export async function gemmTime(device: Measurable, shape: GemmShape, tile: Tile): Promise<number> {
  const { gpu, pipelines } = device
  const { inner, a, b } = shape
  const columns = shape.columns.reduce((sum, each) => sum + each, 0)
  const [inner4, columns4] = [vectors(inner), vectors(columns)]
  const kernel = gemm({
    ...{ tile, a, b, out: a, source: 'matrix', pair: false, tokens: 'none' },
    ...{ bias: false, activation: 'none', residual: false },
  })
  const pipeline = await device.orLost(pipelines.get(kernel))
  const bytes = (storage: typeof a) => (storage === 'f16' ? 8 : 16)
  const rows = Math.min(shape.rows, Math.ceil(MOST_BYTES / (inner4 * bytes(a))))
  const buffers = [rows * inner4 * bytes(a), 4 * inner4 * columns4 * bytes(b)]
    .concat(rows * columns4 * bytes(a))
    .map((size) => gpu.createBuffer({ size, usage: Usage.Storage }))
  const params = gpu.createBuffer({ size: 64, usage: Usage.Uniform | Usage.CopyTarget })
  const values = Uint32Array.of(rows, inner4, columns4, 0, tilesAcross(tile, columns))
  gpu.queue.writeBuffer(params, 0, values)
  const group = gpu.createBindGroup({
    layout: pipelines.layout(kernel),
    entries: [...buffers, params].map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const run = async (times: number) => {
    const start = performance.now()
    const encoder = gpu.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    for (let i = 0; i < times; i++) {
      pass.dispatchWorkgroups(tilesAcross(tile, columns), ...spread(Math.ceil(rows / tile.rows)))
    }
    pass.end()
    gpu.queue.submit([encoder.finish()])
    await device.orLost(gpu.queue.onSubmittedWorkDone())
    return performance.now() - start
  }
  try {
    let times = 1
    while ((await run(times)) < MIN_TIME && times < 256) times *= 4
    let best = Number.POSITIVE_INFINITY
    for (let trial = 0; trial < 3; trial++) best = Math.min(best, (await run(times)) / times)
    return best
  } finally {
    for (const buffer of [...buffers, params]) buffer.destroy()
  }
}

const noteOf = (gpu: string) => `tiles ${gpu}`

/** The measurements of an earlier process or visit, if the set of tiles is the same. */
function recall(gpu: string): Map<string, string> {
  try {
    const { from, best } = JSON.parse(platform.notes.recall(noteOf(gpu)) ?? '{}')
    return new Map(from === tileNames ? Object.entries(best as Record<string, string>) : [])
  } catch {
    return new Map()
  }
}

function remember(gpu: string, best: ReadonlyMap<string, string>): void {
  const note = { from: tileNames, best: Object.fromEntries(best) }
  platform.notes.remember(noteOf(gpu), JSON.stringify(note))
}

const tileNames = tiles.map(tileName).join()
