import { gemm, type Tile } from './kernels/gemm.ts'
import { type Kernel, type Storage, spread, vectors } from './kernels/kernel.ts'
import type { Pipelines } from './pipelines.ts'
import { type GemmShape, tilesAcross } from './tiles.ts'
import { Usage } from './usage.ts'

/** The part of `Device` that a measurement needs. */
export interface Measurable {
  readonly gpu: GPUDevice
  readonly pipelines: Pipelines
  orLost<T>(promise: Promise<T>): Promise<T>
}

/**
 * The most bytes of a left-hand side that is measured: WebGPU's least limit of a binding. It holds a batch of tokens; the
 * windows of a convolution overlap, so they have more.
 */
const MOST_BYTES = 128 << 20

/** The shortest measurement, in milliseconds, so that submission overhead is negligible. */
const MIN_TIME = 4

/** A tile whose first time is so much longer than the best is not measured again. */
const HOPELESS = 1.25

/** The plain product, which tiles are measured with. */
export const measuredKernel = ({ a, b }: Pick<GemmShape, 'a' | 'b'>, tile: Tile): Kernel =>
  gemm({
    ...{ tile, a, b, out: a, source: 'matrix', pair: false, tokens: 'none' },
    ...{ bias: false, activation: 'none', residual: false },
  })

/**
 * The milliseconds of a product with each of some tiles: the best of three measurements, or of one where another tile is
 * clearly faster. Of a large left-hand side only the first rows are computed, and their time is scaled to all rows.
 */
export async function gemmTimes(
  device: Measurable,
  shape: GemmShape,
  tiles: readonly Tile[],
): Promise<number[]> {
  const { gpu } = device
  const { inner, a, b } = shape
  const columns = shape.columns.reduce((sum, each) => sum + each, 0)
  const [inner4, columns4] = [vectors(inner), vectors(columns)]
  const rows = Math.min(shape.rows, Math.floor(MOST_BYTES / (inner4 * vectorBytes(a))))
  const operands = [rows * inner4 * vectorBytes(a), 4 * inner4 * columns4 * vectorBytes(b)]
    .concat(rows * columns4 * vectorBytes(a))
    .map((size) => gpu.createBuffer({ size, usage: Usage.Storage }))
  const params = tiles.map((tile) => {
    const buffer = gpu.createBuffer({ size: 64, usage: Usage.Uniform | Usage.CopyTarget })
    const values = [rows, inner4, columns4, 0, tilesAcross(tile, columns)]
    gpu.queue.writeBuffer(buffer, 0, Uint32Array.from(values))
    return buffer
  })
  try {
    const timers = await Promise.all(
      tiles.map(async (tile, i) => {
        const kernel = measuredKernel(shape, tile)
        return timer(device, [
          {
            pipeline: await device.orLost(device.pipelines.get(kernel)),
            group: bind(device, kernel, [...operands, params[i]!]),
            workgroups: [tilesAcross(tile, columns), ...spread(Math.ceil(rows / tile.rows))],
          },
        ])
      }),
    )
    const times: number[] = []
    for (const time of timers) times.push(await time())
    for (let trial = 1; trial < 3; trial++) {
      const limit = HOPELESS * Math.min(...times)
      for (const [i, time] of timers.entries()) {
        if (times[i]! <= limit) times[i] = Math.min(times[i]!, await time())
      }
    }
    return times.map((time) => (time * shape.rows) / rows)
  } finally {
    for (const buffer of [...operands, ...params]) buffer.destroy()
  }
}

const vectorBytes = (storage: Storage) => (storage === 'f16' ? 8 : 16)

/** A dispatch with everything that it needs. */
export interface Command {
  readonly pipeline: GPUComputePipeline
  readonly group: GPUBindGroup
  readonly workgroups: readonly [x: number, y?: number, z?: number]
}

/** @param buffers in the order of the kernel's bindings, then the parameters */
export function bind(
  { gpu, pipelines }: Measurable,
  kernel: Kernel,
  buffers: readonly GPUBuffer[],
): GPUBindGroup {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
  return gpu.createBindGroup({ layout: pipelines.layout(kernel), entries })
}

/**
 * Measures commands, repeated in one pass until that takes `MIN_TIME`.
 * @returns a function that measures, and gives the milliseconds of all commands once
 */
export function timer(device: Measurable, commands: readonly Command[]): () => Promise<number> {
  const { gpu } = device
  const run = async (times: number) => {
    const encoder = gpu.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (let i = 0; i < times; i++) {
      for (const { pipeline, group, workgroups } of commands) {
        pass.setPipeline(pipeline)
        pass.setBindGroup(0, group)
        pass.dispatchWorkgroups(...workgroups)
      }
    }
    pass.end()
    const recorded = encoder.finish()
    const start = performance.now()
    gpu.queue.submit([recorded])
    await device.orLost(gpu.queue.onSubmittedWorkDone())
    return performance.now() - start
  }
  let times = 0
  return async () => {
    if (times > 0) return (await run(times)) / times
    // The first run of a pipeline includes what the driver does then.
    await run(1)
    for (times = 1; ; times *= 4) {
      let taken = await run(times)
      // A pause of the system takes as long as some repetitions, and rarely comes twice.
      if (taken >= MIN_TIME && taken < 4 * MIN_TIME) taken = Math.min(taken, await run(times))
      if (taken >= MIN_TIME || times >= 256) return taken / times
    }
  }
}
