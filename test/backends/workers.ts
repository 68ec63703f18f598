import { platform } from '#platform'
import type { Executable, Model } from '../../src/backends/backend.ts'
import { type Build, compileBuild } from '../../src/backends/wasm/kernels.ts'
import { createWasmModel, type ModelOptions } from '../../src/backends/wasm/model.ts'
import type { Order, Report } from '../../src/backends/wasm/threads/protocol.ts'
import type { WorkerHandle } from '../../src/platform/platform.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

/** The workers of the process that are ready, oldest first. They are real ones; tests do them harm. */
export const workers: WorkerHandle[] = []

type RunOrder = Order & { do: 'run' }

/** May change the next orders before they are sent, and keep reports back until their worker is ended. */
export const sabotage: {
  order: ((order: RunOrder, memory: WebAssembly.Memory) => Order) | undefined
  report: ((report: Report) => 'heard' | 'kept') | undefined
} = { order: undefined, report: undefined }

const kept = new Map<WorkerHandle, (() => void)[]>()

/** Has a worker hear nothing, as if it had no core, until the result is called. */
export function pause(worker: WorkerHandle): () => void {
  kept.set(worker, [])
  return () => {
    const orders = kept.get(worker)!
    kept.delete(worker)
    for (const send of orders) send()
  }
}

const memories = new Map<number, WebAssembly.Memory>()
const { start } = platform.threads
platform.threads.start = (events) => {
  const late: unknown[] = []
  const handle = start({
    ...events,
    message(data) {
      const report = data as Report
      if (report.tell === 'ready') workers.push(watched)
      if (sabotage.report?.(report) === 'kept') late.push(data)
      else events.message(data)
    },
    ended(reason) {
      const at = workers.indexOf(watched)
      if (at >= 0) workers.splice(at, 1)
      events.ended(reason)
    },
  })
  const watched: WorkerHandle = {
    ...handle,
    terminate() {
      handle.terminate()
      for (const data of late.splice(0)) events.message(data)
    },
    post(message) {
      const orders = kept.get(watched)
      if (orders) return void orders.push(() => watched.post(message))
      const order = message as Order
      if (order.do === 'meet') memories.set(order.model, order.memory)
      if (order.do === 'forget') memories.delete(order.model)
      const change = order.do === 'run' ? sabotage.order : undefined
      handle.post(change ? change(order as RunOrder, memories.get(order.model)!) : order)
    },
  }
  return watched
}

export interface Loaded {
  readonly model: Model
  readonly executable: Executable
  readonly pixels: Float32Array
}

/** A model with random weights on a build, and one of its programs. */
export async function loadRandom(
  build: Build,
  program: Program,
  options: Omit<ModelOptions, 'shared'>,
  seed = 1,
): Promise<Loaded> {
  const shared = (options.threads ?? 1) > 1
  const model = createWasmModel(build, await compileBuild(build, { shared }), program.weights, {
    ...options,
    shared,
  })
  writeRandomWeights(model, program.weights, seed)
  const [height, stride] = program.values[program.input]!.shape
  return { model, executable: model.compile(program), pixels: gaussian(seed, height * stride) }
}

/** Until so many workers are there to compute; throws where they don't come. */
export async function workersReady(count: number): Promise<void> {
  for (let waited = 0; workers.length < count; waited += 5) {
    if (waited > 30_000) throw new Error(`${workers.length} of ${count} workers are there.`)
    await sleep(5)
  }
}

/** Until workers that were told to end have done so: it takes a moment in which they are given work. */
export async function gone(killed: readonly WorkerHandle[]): Promise<void> {
  while (killed.some((worker) => workers.includes(worker))) await sleep(1)
}

export const sleep = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The `code` of the error, or its name, that a promise fails with; `done` where it does not. */
export function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: Error & { code?: unknown }) =>
      typeof error.code === 'string' ? error.code : error.name,
  )
}
