import { DisposedError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import type { Weight } from '../../program/values.ts'
import type {
  CompileOptions,
  Dtype,
  Executable,
  Inputs,
  Model,
  Outputs,
  RunOptions,
} from '../backend.ts'
import { checkImages, checkInputs } from '../inputs.ts'
import { checkWeights } from '../weights.ts'
import type { Build } from './builds/builds.ts'
import { instantiate, type Kernels } from './builds/instance.ts'
import { type Lowered, lower, type Placed } from './lower/lower.ts'
import type { Addresses } from './lower/lowering.ts'
import { Arenas } from './memory/arenas.ts'
import { PAGE, padFloats } from './memory/layout.ts'
import { LinearMemory } from './memory/linear-memory.ts'
import { RunQueue, type RunScheduler } from './threads/queue.ts'
import { type Job, Run } from './threads/run.ts'
import type { KernelInstance } from './weights/panels.ts'
import { WeightStore } from './weights/store.ts'

export interface ModelOptions {
  readonly dtype?: Dtype
  /** Whether the kernels are built for shared memory. */
  readonly shared?: boolean
  readonly threads?: number
  readonly blocking?: boolean
  readonly workers?: boolean
}

/** The most lowered forms of a program that are kept; there is one per arena address. */
const MAX_LOWERED = 64

let models = 0

/**
 * Creates a model: its weights in a linear memory, in the kernels' layout. Above them lie the arenas of
 * runs, each with tape, values and scratch.
 */
export function createWasmModel(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
  scheduler: RunScheduler,
  options: ModelOptions = {},
): Model {
  const { dtype = 'f32' } = options
  const running = startModel(build, module, weights, options)
  const { store, alive } = running

  return {
    write(name, region, start, values) {
      store.write(alive(), name, region, start, values)
    },

    ...(dtype === 'int8' && {
      writeInt8(name, region, start, values, scales) {
        store.writeInt8(alive(), name, region, start, values, scales)
      },
    }),

    compile(program: Program, options?: CompileOptions): Executable {
      checkWeights(program, weights)
      const images = checkImages(options)
      const job = prepareJobs(running, (addresses) => lower(program, addresses, images))
      return {
        async run(inputs, options = {}) {
          checkInputs(program, inputs, images)
          store.requireComplete(program)
          return submit(alive(), scheduler, job(inputs), options)
        },
      }
    },

    dispose() {
      running.stop(scheduler)
    },
  }
}

/** A model's weights, and what runs over them until it is disposed. */
export interface RunningModel {
  readonly store: WeightStore
  /** @throws DisposedError */
  alive(): Running
  stop(scheduler: RunScheduler): void
  readonly threads: number
  readonly build: Build
}

export function startModel(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
  {
    dtype = 'f32',
    shared = false,
    threads = 1,
    blocking = false,
    workers = threads > 1,
  }: ModelOptions,
): RunningModel {
  const fresh = (bytes: number): KernelInstance => {
    const linear = new LinearMemory(bytes, shared)
    return { linear, kernels: instantiate(module, linear.memory) }
  }
  const store = new WeightStore(build, weights, dtype, fresh)
  const { linear, kernels } = fresh(store.end)
  const { memory } = linear
  const queue = new RunQueue({ id: ++models, module, memory, kernels, threads, blocking, workers })
  // Cleared by `stop`, so that a reference to the model does not keep its memory.
  let live: Running | undefined = {
    ...{ linear, kernels, queue },
    arenas: new Arenas(linear, store.end),
  }
  return {
    ...{ store, threads, build },
    alive() {
      if (!live) throw disposed()
      return live
    },
    stop(scheduler) {
      if (!live) return
      const { queue } = live
      live = undefined
      scheduler.dispose(queue, disposed)
    },
  }
}

/**
 * Prepares runs of a program.
 * @returns what makes the job of a run from its inputs
 * @throws MemoryError where one run does not fit
 */
export function prepareJobs(
  { store, alive, threads, build }: RunningModel,
  lowerWith: (addresses: Addresses) => Lowered,
): (inputs: Inputs) => Job {
  const { linear, kernels, arenas } = alive()
  const cachedLowering = new LoweredByAddress((arena) =>
    lowerWith({
      weight: (name) => store.address(name),
      quantization: (name) => store.quantization(name),
      zeros: store.zeros,
      build,
      arena,
    }),
  )
  const first = cachedLowering.at(arenas.first)
  const { bytes, scratchBytes } = runBytes(kernels, first, threads)
  // Fails here rather than in a run if memory is short.
  linear.reserve(arenas.first + bytes)
  return (inputs) => ({
    records: first.records,
    begin() {
      const lent = arenas.allocate(bytes)
      if (!lent) return undefined
      const { address, control } = lent
      const { tape, arenaBytes, ...lowered } = cachedLowering.at(address)
      linear.words(address, tape.length).set(tape)
      writeInputs(linear, lowered, inputs)
      return { tape: address, control, scratch: address + arenaBytes, scratchBytes }
    },
    outputs: ({ tape }) => readOutputs(linear, cachedLowering.at(tape)),
    end: ({ tape, control }, damage) => arenas.free({ address: tape, control }, damage),
  })
}

/** The bytes that a run takes above the weights, and those of each thread's scratch memory among them. */
export function runBytes(
  kernels: Kernels,
  lowered: Lowered,
  threads: number,
): { readonly bytes: number; readonly scratchBytes: number } {
  const scratchBytes = Math.ceil(scratchFloats(kernels, lowered) / 16) * 64
  // One spare page keeps every buffer below 2^32: a loop up to that address would not run.
  return { bytes: lowered.arenaBytes + threads * scratchBytes + PAGE, scratchBytes }
}

/** Queues a run. */
export function submit(
  { queue }: Running,
  scheduler: RunScheduler,
  job: Job,
  options: RunOptions,
): Promise<Outputs> {
  options.signal?.throwIfAborted()
  const run: Run = new Run(queue.model, job, options, (reason) => {
    scheduler.cancel(queue, run, reason)
  })
  return scheduler.submit(queue, run)
}

export interface Running extends KernelInstance {
  readonly queue: RunQueue
  readonly arenas: Arenas
}

const disposed = () => new DisposedError('The model')

/** Caches the lowered forms of a program by arena address. */
class LoweredByAddress {
  readonly #lowerAt: (arena: number) => Lowered
  readonly #byAddress = new Map<number, Lowered>()

  constructor(lowerAt: (arena: number) => Lowered) {
    this.#lowerAt = lowerAt
  }

  at(arena: number): Lowered {
    let lowered = this.#byAddress.get(arena)
    if (!lowered) {
      lowered = this.#lowerAt(arena)
      if (this.#byAddress.size >= MAX_LOWERED) this.#byAddress.clear()
      this.#byAddress.set(arena, lowered)
    }
    return lowered
  }
}

function scratchFloats(kernels: Kernels, { scratch }: Lowered): number {
  const attention = kernels.attentionScratchFloats(scratch.tokens, scratch.headWidth) >>> 0
  return Math.max(attention, padFloats(kernels.MR.value * scratch.row))
}

function writeInputs(linear: LinearMemory, lowered: Pick<Lowered, 'inputs'>, inputs: Inputs): void {
  for (const [name, { address }] of Object.entries(lowered.inputs)) {
    const values = inputs[name]!
    // i32 values keep their bits.
    if (values instanceof Int32Array) linear.words(address, values.length).set(values)
    else linear.floats(address, values.length).set(values)
  }
}

function readOutputs(linear: LinearMemory, { outputs }: Lowered): Outputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, placed]) => [name, copyOut(linear, placed)]),
  )
}

/** Copies a value of all images without row padding. */
function copyOut(linear: LinearMemory, placed: Placed): Float32Array {
  const { address, stride, imageBytes, images, rows, columns } = placed
  const out = new Float32Array(images * rows * columns)
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      const from = address + image * imageBytes + row * stride
      out.set(linear.floats(from, columns), (image * rows + row) * columns)
    }
  }
  return out
}
