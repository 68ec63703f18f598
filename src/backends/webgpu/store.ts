import { NumericError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Region, WeightSink } from '../backend.ts'
import { checkRegion } from '../weights.ts'
import type { Device } from './device.ts'
import { type Kernel, type Storage, spread, vectors } from './kernels/kernel.ts'
import { PLACE_THREADS, place } from './kernels/place.ts'
import { Usage } from './usage.ts'

/** The most values per placing dispatch. */
const PIECE = 1 << 20

/** The placing kernel for each storage type. */
export type Placers = ReadonlyMap<Storage, Placer>

/** Compiles the placing kernels up front, since `WeightSink.write` is synchronous. */
export async function openPlacers(device: Device, kernels: Storage): Promise<Placers> {
  const storages = [...new Set<Storage>(['f32', kernels])]
  const placers = storages.map(async (storage) => {
    const kernel = place(storage)
    const pipeline = await device.orLost(device.pipelines.get(kernel))
    return [storage, { kernel, pipeline }] as const
  })
  return new Map(await Promise.all(placers))
}

interface Placer {
  readonly kernel: Kernel
  readonly pipeline: GPUComputePipeline
}

interface Placed {
  readonly weight: Weight
  readonly storage: Storage
  readonly buffer: GPUBuffer
}

/**
 * The weights of a model in GPU buffers, one each, row-major. Rows are padded with zeros to whole vectors,
 * and so are the columns of kernels.
 */
export class WeightStore implements WeightSink {
  readonly bytes: number
  readonly #device: Device
  readonly #placed: ReadonlyMap<string, Placed>
  readonly #placers: Placers
  readonly #values: GPUBuffer
  readonly #params: GPUBuffer

  /** @param kernels the storage type of product kernels */
  constructor(
    { device, placers }: { readonly device: Device; readonly placers: Placers },
    weights: readonly Weight[],
    kernels: Storage,
  ) {
    const { gpu } = device
    this.#device = device
    this.#placers = placers
    let bytes = 0
    this.#placed = new Map(
      weights.map((weight) => {
        const storage = weight.role === 'kernel' ? kernels : 'f32'
        const size = storedBytes(weight, storage)
        bytes += size
        const usage = Usage.Storage | Usage.CopySource
        const buffer = gpu.createBuffer({ label: weight.name, size, usage })
        return [weight.name, { weight, storage, buffer }]
      }),
    )
    this.bytes = bytes
    const largest = weights.reduce((most, { shape }) => Math.max(most, shape[0] * shape[1]), 0)
    this.#values = gpu.createBuffer({
      label: 'values',
      size: 4 * Math.min(PIECE, largest),
      usage: Usage.Storage | Usage.CopyTarget,
    })
    this.#params = gpu.createBuffer({
      label: 'place',
      size: 32,
      usage: Usage.Uniform | Usage.CopyTarget,
    })
  }

  buffer(name: string): GPUBuffer {
    return this.#placed.get(name)!.buffer
  }

  storage(name: string): Storage {
    return this.#placed.get(name)!.storage
  }

  write(name: string, region: Region, start: number, values: Float32Array): void {
    const placed = this.#placed.get(name)
    checkRegion(name, placed?.weight.shape, region, start, values.length)
    if (placed!.storage === 'f16') requireHalf(name, values)
    for (let done = 0; done < values.length; done += PIECE) {
      this.#place(placed!, region, start + done, values.subarray(done, done + PIECE))
    }
  }

  destroy(): void {
    for (const { buffer } of this.#placed.values()) buffer.destroy()
    this.#values.destroy()
    this.#params.destroy()
  }

  #place({ weight, storage, buffer }: Placed, region: Region, start: number, values: Float32Array) {
    const { gpu, pipelines } = this.#device
    const { kernel, pipeline } = this.#placers.get(storage)!
    const stride = 4 * vectors(weight.shape[1])
    const steps = region.transposed ? [1, stride] : [stride, 1]
    const line = region.transposed ? region.rows : region.columns
    const first = [region.row * stride, region.column]
    const params = Uint32Array.of(values.length, start, line, ...first, ...steps)
    gpu.queue.writeBuffer(this.#values, 0, unshared(values))
    gpu.queue.writeBuffer(this.#params, 0, params)
    const buffers = [this.#values, buffer, this.#params]
    const group = gpu.createBindGroup({
      layout: pipelines.layout(kernel),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    })
    const encoder = gpu.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(...spread(Math.ceil(values.length / PLACE_THREADS)))
    pass.end()
    gpu.queue.submit([encoder.finish()])
  }
}

/** Values from here on round to infinity in f16; its largest value is 65,504. */
const BEYOND_HALF = 65_520

/** @throws NumericError for values that are infinite in f16 */
function requireHalf(name: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]!) < BEYOND_HALF) continue
    throw new NumericError(
      `A weight of ${name} is ${values[i]}; f16 ends at 65,504. Load the model with dtype: 'f32'.`,
    )
  }
}

/** WebGPU does not accept views of shared memory. */
export function unshared(values: Float32Array | Int32Array): BufferSource {
  const isShared =
    typeof SharedArrayBuffer === 'function' && values.buffer instanceof SharedArrayBuffer
  return (isShared ? values.slice() : values) as BufferSource
}

function storedBytes({ shape: [rows, columns], role }: Weight, storage: Storage): number {
  const stored = role === 'kernel' ? 4 * vectors(rows) : rows
  return stored * 4 * vectors(columns) * (storage === 'f16' ? 2 : 4)
}
