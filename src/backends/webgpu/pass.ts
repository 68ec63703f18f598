import { ArgumentError, DisposedError, LimitError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId, ValueType } from '../../program/values.ts'
import type { Inputs, Outputs } from '../backend.ts'
import { onlyInput } from '../inputs.ts'
import { type Arena, arrange } from './arena.ts'
import type { Device } from './device.ts'
import type { Storage } from './kernels/kernel.ts'
import type { Layout } from './lower/layout.ts'
import { type Lowered, lower } from './lower/lower.ts'
import type { LowerOptions } from './lower/lowering.ts'
import type { Dispatch, Operand } from './lower/step.ts'
import { unshared, type WeightStore } from './store.ts'
import type { GemmShape } from './tiles.ts'
import { MAP_READ, Usage } from './usage.ts'

/** The recorded commands of a forward pass for a fixed number of images. */
interface Recorded {
  readonly params: GPUBuffer
  readonly commands: readonly {
    readonly pipeline: GPUComputePipeline
    readonly group: GPUBindGroup
    readonly workgroups: Dispatch['workgroups']
  }[]
}

/** Turns a program into dispatches. */
export type LowerProgram = (program: Program, options: LowerOptions) => Lowered

/** An offset alignment of uniform buffers that every device supports, and the size of the parameters. */
const PARAMS_STRIDE = 256
const PARAMS_BYTES = 64

/**
 * A program on one device: its buffers, and its recorded commands for each number of images used so far. A
 * forward is one encoder, one compute pass and one submit; bind groups are created once.
 */
export class ForwardPass {
  readonly device: Device
  /** The most images per pass that the device's limits allow. */
  readonly most: number
  readonly #program: Program
  readonly #store: WeightStore
  readonly #lowered: Lowered
  readonly #arena: Arena
  readonly #recorded = new Map<number, Recorded>()
  readonly #staging: GPUBuffer[] = []
  #buffers: GPUBuffer[] = []
  #capacity = 0
  #turn: Promise<unknown> = Promise.resolve()
  #destroyed = false

  /** @throws LimitError where a value of one image exceeds the device's limits */
  constructor(
    device: Device,
    store: WeightStore,
    program: Program,
    kernels: Storage,
    toDispatches: LowerProgram = lower,
  ) {
    this.device = device
    this.#store = store
    this.#program = program
    const { limits } = device.gpu
    const chooseTile = (shape: GemmShape) => device.tuning.tile(shape)
    const { subgroups, isSoftware } = device
    const options = { kernels, subgroups, slices: !isSoftware, chooseTile }
    this.#lowered = toDispatches(program, options)
    this.#arena = arrange(program, this.#lowered)
    const largest = this.#arena.buffers.reduce((most, bytes) => Math.max(most, bytes), 0)
    const allowed = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize)
    this.most = Math.min(Math.floor(allowed / largest), limits.maxComputeWorkgroupsPerDimension)
    if (this.most < 1) {
      throw new LimitError(
        `One image needs a buffer of ${largest} bytes, and this GPU allows ${allowed}.`,
      )
    }
  }

  /** Bytes of all buffers bound by the dispatches of a forward of one image. */
  get traffic(): { readonly weights: number; readonly values: number } {
    const { steps, layouts } = this.#lowered
    let [weights, values] = [0, 0]
    for (const operand of steps.flatMap(({ operands }) => operands)) {
      if ('weight' in operand) weights += this.#store.buffer(operand.weight).size
      else values += layouts[operand.value]!.bytes
    }
    return { weights, values }
  }

  /** Measures the best tiles for some numbers of images. */
  async tune(...images: number[]): Promise<void> {
    const dispatches = images.flatMap((each) => this.#lowered.steps.map((step) => step.for(each)))
    const others = dispatches.filter(({ gemm }) => !gemm).map(({ kernel }) => kernel)
    const products = dispatches.flatMap(({ gemm }) => gemm ?? [])
    await this.device.tuning.learn(products, others)
  }

  /** Compiles the pipelines for a number of images. */
  async prepare(images: number): Promise<void> {
    const dispatches = this.#lowered.steps.map((step) => step.for(images))
    await Promise.all(dispatches.map(({ kernel }) => this.device.pipelines.get(kernel)))
  }

  /**
   * Computes several runs in one pass, at most `most` images in total.
   * @param images images per run
   * @param check whether to await GPU errors before using the results
   * @returns the outputs of each run
   */
  async run(runs: readonly Inputs[], images: number, check: boolean): Promise<Outputs[]> {
    const { outputs, staging, bytes } = await this.#inTurn(async () => {
      const recorded = await this.#ready(runs.length * images)
      const submit = () => this.#submit(runs, images, recorded)
      return check ? this.device.checked('a forward pass', submit) : submit()
    })
    try {
      await this.device.orLost(staging.mapAsync(MAP_READ, 0, bytes))
      const mapped = staging.getMappedRange(0, bytes)
      return runs.map((_, run) =>
        Object.fromEntries(
          outputs.map((output) => [output.name, take(output, mapped, run * images, images)]),
        ),
      )
    } finally {
      staging.unmap()
      if (this.#destroyed) staging.destroy()
      else this.#staging.push(staging)
    }
  }

  /**
   * Runs the program on an input on the GPU, and leaves the outputs there.
   * @param input `[images, rows, columns]`
   * @throws ArgumentError where the buffer is too small or lacks COPY_SRC, LimitError for too many images
   */
  async runOnDevice(input: GPUBuffer, images: number): Promise<Record<string, GPUBuffer>> {
    const { shape } = this.#program.values[onlyInput(this.#program).id]!
    const bytes = 4 * images * shape[0] * shape[1]
    if (images > this.most) {
      throw new LimitError(`This GPU takes ${this.most} images at once, not ${images}.`)
    }
    if (!(input.size >= bytes) || (input.usage & Usage.CopySource) === 0) {
      throw new ArgumentError(`Expected a GPUBuffer of ${bytes} bytes with the usage COPY_SRC.`)
    }
    return this.#inTurn(async () => {
      const recorded = await this.#ready(images)
      return this.device.checked('a forward pass', () =>
        this.#submitOnDevice(input, images, recorded),
      )
    })
  }

  #submitOnDevice(input: GPUBuffer, images: number, recorded: Recorded): Record<string, GPUBuffer> {
    const { gpu } = this.device
    const { id } = onlyInput(this.#program)
    const { shape } = this.#program.values[id]!
    const { stride } = this.#lowered.layouts[id]!
    const encoder = gpu.createCommandEncoder()
    const target = this.#bufferOfValue(id)
    copyRows(encoder, [input, shape[1]], [target, stride], images * shape[0], shape[1])
    this.#encode(encoder, recorded)
    const results = this.#outputs(images).map(
      ({ name, shape: [rows, columns], layout, buffer }) => {
        const size = 4 * images * rows * columns
        const usage = Usage.Storage | Usage.CopySource | Usage.CopyTarget
        const result = gpu.createBuffer({ label: name, size, usage })
        const from = [buffer, layout.stride] as const
        copyRows(encoder, from, [result, columns], images * rows, columns)
        return [name, result] as const
      },
    )
    gpu.queue.submit([encoder.finish()])
    return Object.fromEntries(results)
  }

  destroy(): void {
    this.#destroyed = true
    this.#free()
    for (const buffer of this.#staging) buffer.destroy()
    this.#staging.length = 0
  }

  /** Serialises passes: growing the buffers frees the old ones. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Allocates buffers and records commands for a number of images. */
  async #ready(images: number): Promise<Recorded> {
    if (images > this.#capacity) {
      this.#free()
      this.#capacity = images
    }
    let recorded = this.#recorded.get(images)
    if (!recorded) {
      try {
        recorded = await this.#record(images)
      } catch (error) {
        // Drop partial results; the next pass starts over.
        this.#free()
        throw error
      }
    }
    if (this.#destroyed) {
      recorded.params.destroy()
      this.#free()
      throw new DisposedError('The model')
    }
    this.#recorded.set(images, recorded)
    return recorded
  }

  #submit(runs: readonly Inputs[], images: number, recorded: Recorded) {
    const { gpu } = this.device
    for (const [run, inputs] of runs.entries()) this.#write(inputs, run * images, images)
    const outputs = this.#outputs(runs.length * images)
    const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0)
    const staging = this.#takeStaging(bytes)
    const encoder = gpu.createCommandEncoder()
    this.#encode(encoder, recorded)
    for (const { buffer, bytes, at } of outputs) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, bytes)
    }
    gpu.queue.submit([encoder.finish()])
    return { outputs, staging, bytes }
  }

  #encode(encoder: GPUCommandEncoder, { commands }: Recorded): void {
    const pass = encoder.beginComputePass()
    for (const { pipeline, group, workgroups } of commands) {
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      pass.dispatchWorkgroups(...workgroups)
    }
    pass.end()
  }

  /** Work already submitted still completes. */
  #free(): void {
    for (const buffer of this.#buffers) buffer.destroy()
    for (const { params } of this.#recorded.values()) params.destroy()
    this.#recorded.clear()
    this.#buffers = []
    this.#capacity = 0
  }

  async #record(images: number): Promise<Recorded> {
    const { device } = this
    const dispatches = this.#lowered.steps.map((step) => step.for(images))
    const params = this.#params(dispatches)
    try {
      const [groups, pipelines] = await Promise.all([
        device.checked(`${images} images`, () => this.#bind(dispatches, params)),
        device.orLost(Promise.all(dispatches.map(({ kernel }) => device.pipelines.get(kernel)))),
      ])
      const commands = dispatches.map(({ workgroups }, i) => ({
        pipeline: pipelines[i]!,
        group: groups[i]!,
        workgroups,
      }))
      return { params, commands }
    } catch (error) {
      params.destroy()
      throw error
    }
  }

  #params(dispatches: readonly Dispatch[]): GPUBuffer {
    const { gpu } = this.device
    const size = PARAMS_STRIDE * dispatches.length
    const usage = Usage.Uniform | Usage.CopyTarget
    const params = gpu.createBuffer({ label: 'params', size, usage })
    const words = new Uint32Array(size / 4)
    for (const [i, dispatch] of dispatches.entries()) {
      words.set(dispatch.params, (i * PARAMS_STRIDE) / 4)
    }
    gpu.queue.writeBuffer(params, 0, words)
    return params
  }

  /** Allocates the value buffers if needed, and creates the bind group of each dispatch. */
  #bind(dispatches: readonly Dispatch[], params: GPUBuffer): GPUBindGroup[] {
    const { gpu, pipelines } = this.device
    if (this.#buffers.length === 0) {
      const usage = Usage.Storage | Usage.CopySource | Usage.CopyTarget
      this.#buffers = this.#arena.buffers.map((bytes, place) =>
        gpu.createBuffer({ label: `values ${place}`, size: this.#capacity * bytes, usage }),
      )
    }
    return dispatches.map(({ kernel }, i) => {
      const buffers = this.#lowered.steps[i]!.operands.map((operand) => this.#bufferOf(operand))
      const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
      const uniform = { buffer: params, offset: i * PARAMS_STRIDE, size: PARAMS_BYTES }
      return gpu.createBindGroup({
        layout: pipelines.layout(kernel),
        entries: [...entries, { binding: entries.length, resource: uniform }],
      })
    })
  }

  #bufferOf(operand: Operand): GPUBuffer {
    if ('weight' in operand) return this.#store.buffer(operand.weight)
    return this.#bufferOfValue(operand.value)
  }

  #bufferOfValue(id: ValueId): GPUBuffer {
    return this.#buffers[this.#arena.places.get(id)!]!
  }

  /** Writes the inputs of a run at its first image, with row padding. */
  #write(inputs: Inputs, image: number, images: number): void {
    for (const [name, id] of Object.entries(this.#program.inputs)) {
      const [rows, columns] = this.#program.values[id]!.shape
      const { stride, bytes } = this.#lowered.layouts[id]!
      const input = inputs[name]!
      const values =
        stride === columns ? unshared(input) : padded(input, images * rows, columns, stride)
      this.device.gpu.queue.writeBuffer(this.#bufferOfValue(id), image * bytes, values)
    }
  }

  /** Each output's buffer, and its offset in the staging buffer. */
  #outputs(images: number): Output[] {
    let at = 0
    return Object.entries(this.#program.outputs).map(([name, id]) => {
      const { shape, type } = this.#program.values[id]!
      const layout = this.#lowered.layouts[id]!
      const bytes = images * layout.bytes
      const output = { name, shape, type, layout, bytes, at, buffer: this.#bufferOfValue(id) }
      at += bytes
      return output
    })
  }

  #takeStaging(bytes: number): GPUBuffer {
    const found = this.#staging.findIndex(({ size }) => size >= bytes)
    if (found >= 0) return this.#staging.splice(found, 1)[0]!
    const usage = Usage.MapRead | Usage.CopyTarget
    return this.device.gpu.createBuffer({ label: 'outputs', size: bytes, usage })
  }
}

type Strided = readonly [buffer: GPUBuffer, stride: number]

/** Copies rows of f32 between buffers of different strides; in one command if the strides are equal. */
function copyRows(
  encoder: GPUCommandEncoder,
  [from, fromStride]: Strided,
  [to, toStride]: Strided,
  rows: number,
  columns: number,
): void {
  if (fromStride === toStride) {
    return void encoder.copyBufferToBuffer(from, 0, to, 0, 4 * rows * fromStride)
  }
  for (let row = 0; row < rows; row++) {
    encoder.copyBufferToBuffer(from, 4 * row * fromStride, to, 4 * row * toStride, 4 * columns)
  }
}

interface Output {
  readonly name: string
  readonly shape: readonly [rows: number, columns: number]
  readonly type: ValueType
  readonly layout: Layout
  readonly bytes: number
  readonly at: number
  readonly buffer: GPUBuffer
}

/** Copies the rows of some images of an output, without padding. */
function take(
  { shape, type, layout: { stride }, at }: Output,
  mapped: ArrayBuffer,
  image: number,
  images: number,
): Float32Array {
  const columns = shape[1]
  const rows = images * shape[0]
  const start = at + 4 * image * shape[0] * stride
  const values = new { f32: Float32Array, i32: Int32Array }[type](mapped, start, rows * stride)
  if (stride === columns) return new Float32Array(values)
  const out = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * stride, row * stride + columns), row * columns)
  }
  return out
}

function padded(
  values: Float32Array | Int32Array,
  rows: number,
  columns: number,
  stride: number,
): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  const out =
    values instanceof Int32Array ? new Int32Array(rows * stride) : new Float32Array(rows * stride)
  for (let row = 0; row < rows; row++) {
    out.set(values.subarray(row * columns, (row + 1) * columns), row * stride)
  }
  return out
}
