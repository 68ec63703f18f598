import { platform } from '#platform'
import type { Executable, Model } from '../../../../src/backends/backend.ts'
import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { Build } from '../../../../src/backends/wasm/builds/builds.ts'
import { compileBuild } from '../../../../src/backends/wasm/builds/kernels.ts'
import { createWasmModel, type ModelOptions } from '../../../../src/backends/wasm/model.ts'
import type { Command, Report } from '../../../../src/backends/wasm/threads/protocol.ts'
import { scheduler } from '../../../../src/backends/wasm/threads/scheduler.ts'
import type { WorkerHandle } from '../../../../src/platform/platform.ts'
import type { Program } from '../../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../../random.ts'

/** The workers of the process that are ready, oldest first. They are real ones; tests do them harm. */
export const workers: WorkerHandle[] = []

type RunOrder = Command & { type: 'run' }

/** May change the next orders before they are sent, and keep reports back until their worker is ended. */
export const sabotage: {
  command: ((command: RunOrder, memory: WebAssembly.Memory) => Command) | undefined
  report: ((report: Report) => 'heard' | 'kept') | undefined
} = { command: undefined, report: undefined }

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
      if (report.type === 'ready') workers.push(watched)
      if (sabotage.report?.(report) === 'kept') late.push(data)
      else events.message(data)
      if (report.type === 'ready') for (const watcher of watchers) watcher()
    },
    ended(reason) {
      const at = workers.indexOf(watched)
      if (at >= 0) workers.splice(at, 1)
      events.ended(reason)
      for (const watcher of watchers) watcher()
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
      const command = message as Command
      if (command.type === 'load') memories.set(command.model, command.memory)
      if (command.type === 'unload') memories.delete(command.model)
      const change = command.type === 'run' ? sabotage.command : undefined
      handle.post(change ? change(command as RunOrder, memories.get(command.model)!) : command)
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
  const shared = options.workers ?? (options.threads ?? 1) > 1
  const module = await compileBuild(build, { shared })
  const model = createWasmModel(build, module, program.weights, scheduler, { ...options, shared })
  writeRandomWeights(model, program.weights, seed)
  const [height, stride] = program.values[onlyInput(program).id]!.shape
  return { model, executable: model.compile(program), pixels: gaussian(seed, height * stride) }
}

/** Told whenever a worker has come or gone. */
const watchers = new Set<() => void>()

/** Until something holds of the workers; throws where it never does. */
async function until(holds: () => boolean, what: string): Promise<void> {
  let watcher = () => {}
  // Workers keep no process alive; the timer does.
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${what}: ${workers.length} are there.`)), 120_000)
      watcher = () => {
        if (holds()) resolve()
      }
      watchers.add(watcher)
      watcher()
    })
  } finally {
    watchers.delete(watcher)
    clearTimeout(timer)
  }
}

/** Until so many workers are there to compute. */
export const workersReady = (count: number): Promise<void> =>
  until(() => workers.length >= count, `${count} workers don't come`)

/** Waits until terminated workers have ended, which takes a moment. */
export const gone = (killed: readonly WorkerHandle[]): Promise<void> =>
  until(() => !killed.some((worker) => workers.includes(worker)), 'Workers do not go')

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
