import type { Dtype, Model, WeightSink } from '../../../../src/backends/backend.ts'
import { openWasmBackend } from '../../../../src/backends/wasm/open.ts'
import { Connection } from '../../../../src/backends/wasm/remote/connection.ts'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { type LoadOptions, load } from '../../../../src/index.ts'
import type { Program } from '../../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../../random.ts'
import { configs } from '../../configs.ts'

// What browser.test.ts does in pages.

const warnings: string[] = []
console.warn = (text: unknown) => void warnings.push(String(text))

/** The workers of this page that were not terminated, by the name of their script. */
const alive = new Map<Worker, string>()
const { Worker: RealWorker } = globalThis
/** Removes a worker as a browser does, without a word. */
const remove = (worker: Worker) => RealWorker.prototype.terminate.call(worker)
globalThis.Worker = class extends RealWorker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options)
    alive.set(this, new URL(url).pathname.split('/').at(-1)!)
  }
  override terminate() {
    alive.delete(this)
    super.terminate()
  }
}

const base = configs['class token, erf']!
const program = vitProgram(base)
const large = vitProgram({ ...base, imageSize: [256, 256], width: 192, depth: 4 })
const tiny = vitProgram(configs['odd sizes']!)
const inputOf = ({ values, inputs }: Program) => {
  const [rows, columns] = values[inputs.pixels!]!.shape
  return { pixels: gaussian(rows, rows * columns) }
}
const refill = async (sink: WeightSink) => writeRandomWeights(sink as Model, program.weights)

async function outputsOf(model: Model, of: Program) {
  writeRandomWeights(model, of.weights)
  return model.compile(of).run(inputOf(of))
}

const same = (a: Record<string, Float32Array>, b: Record<string, Float32Array>) =>
  Object.keys(a).length > 0 && Object.keys(a).every((name) => `${a[name]}` === `${b[name]}`)

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    ({ code, name }) => (typeof code === 'string' ? code : name),
  )

const page = {
  /** Whether two models in the worker have the bits that they have in this thread. */
  async compare(dtype: Dtype) {
    const local = await createWasmBackend({ dtype, threads: 1 })
    const backend = await openWasmBackend({ dtype })
    const [one, two] = [backend.createModel(program.weights), backend.createModel(tiny.weights)]
    const found = await Promise.all([outputsOf(one, program), outputsOf(two, tiny)])
    const expected = [
      await outputsOf(local.createModel(program.weights), program),
      await outputsOf(local.createModel(tiny.weights), tiny),
    ]
    const computing = [...alive.values()]
    one.dispose()
    two.dispose()
    backend.dispose!()
    return {
      same: found.map((outputs, i) => same(outputs, expected[i]!)),
      inWorker: backend.description.includes('in a worker'),
      computing,
      left: alive.size,
    }
  },

  /** How often this thread had a turn during a run, and what an abort leaves. */
  async abort() {
    const backend = await openWasmBackend()
    const model = backend.createModel(large.weights)
    writeRandomWeights(model, large.weights)
    const executable = model.compile(large)
    const expected = await executable.run(inputOf(large))
    const controller = new AbortController()
    const aborted = codeOf(executable.run(inputOf(large), { signal: controller.signal }))
    const other = executable.run(inputOf(large))
    let turns = 0
    for (; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve))
    controller.abort()
    const code = await aborted
    const rest = same(await other, expected)
    backend.dispose!()
    return { code, rest, turns }
  },

  /** What the run of a worker that was removed fails with, and whether the next has its weights. */
  async remove() {
    const { patience } = Connection
    const backend = await openWasmBackend({ dtype: 'int8' })
    const model = backend.createModel(program.weights, refill)
    writeRandomWeights(model, program.weights)
    const executable = model.compile(program)
    const expected = await executable.run(inputOf(program))
    Connection.patience = 200
    remove([...alive.keys()].at(-1)!)
    const code = await codeOf(executable.run(inputOf(program)))
    Connection.patience = patience
    const again = same(await executable.run(inputOf(program)), expected)
    backend.dispose!()
    return { code, again }
  },

  /** What only the worker knows to be wrong. */
  async mistake() {
    const backend = await openWasmBackend({ dtype: 'int8' })
    const empty = backend.createModel(program.weights).compile(program)
    const error = await empty.run(inputOf(program)).catch((error) => error)
    const huge = backend.createModel([{ name: 'huge', shape: [65536, 65536], role: 'kernel' }])
    const codes = [error.code, error.name, await codeOf(huge.drain!())]
    backend.dispose!()
    return codes
  },

  /** The embedded model's answer. */
  async classify(options: LoadOptions) {
    const vit = await load(undefined, options)
    const [first] = await vit.classify(new URL('/examples/chelsea.png', location.href))
    const { description, threads } = vit.backend
    const workers = [...alive.values()]
    vit.dispose()
    return { label: first?.label, description, threads, workers, warnings }
  },
}

export type Page = typeof page

Object.assign(globalThis, { page })
