import { cpus } from 'node:os'
import type { Backend, Executable } from '../../../src/backends/backend.ts'
import { zeroInputs } from '../../../src/backends/inputs.ts'
import { importCore } from '../../../src/backends/tfjs/registered.ts'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import type { BatchedExecutable } from '../../../src/backends/webgpu/executable.ts'
import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { wholeRegion } from '../../../src/backends/weights.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Program } from '../../../src/program/program.ts'
import { provideGpu } from '../../peers/navigator/gpu.ts'
import { median } from '../../report/statistics.ts'
import { type Watched, watchDevices } from './watch-devices.ts'

/** Dawn without a GPU: what it is asked for is checked and recorded as for any, and nothing is computed. */
const dawn = ['backend=null']

/** What one forward of one image asks of this side of a GPU, and of its memory. */
interface ForwardCost {
  /** CPU time of all threads in milliseconds, pixels and logits included; the mean of each round. */
  readonly cpu: readonly number[]
  readonly counts: Watched['counts']
  /** Bytes of all operands of all dispatches. */
  readonly traffic: { readonly weights: number; readonly values: number }
}

/** The engines, in the order in which they can run in one process: the last makes it look like a page. */
const engines: Readonly<Record<string, (program: Program) => Promise<ForwardCost>>> = {
  'own kernels, f32': (program) => ownCost(program, 'f32'),
  'own kernels, f16': (program) => ownCost(program, 'f16'),
  'TensorFlow.js, plain operations': plainCost,
}

/** Prints what a forward of some models costs on this side of a GPU, engine beside engine. */
export async function printNullDevice(models: readonly string[]): Promise<void> {
  const rows = new Map<string, string[]>(models.map((model) => [model, []]))
  for (const [engine, cost] of Object.entries(engines)) {
    for (const [model, lines] of rows) {
      const all = withOutputs(vitProgram(variantConfig(model)), ['logits'])
      const { cpu, counts, traffic } = await cost(withoutUnusedRows(all))
      const time = `${median(cpu).toFixed(2)} [${Math.min(...cpu).toFixed(2)}]`
      const { dispatch, submit, group, buffer } = counts
      const bytes = [traffic.weights, traffic.values].map((each) => (each / 1e6).toFixed(0))
      lines.push(line(engine, [time, dispatch, submit, group, buffer, ...bytes]))
    }
  }
  const titles = ['CPU ms [least]', 'dispatches', 'submits', 'bind groups', 'buffers']
  console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}, Dawn's null device`)
  for (const [model, lines] of rows) {
    console.log(`\n${line(model, [...titles, 'weights MB', 'values MB'])}\n${lines.join('\n')}`)
  }
}

const line = (name: string, cells: readonly (string | number)[]) =>
  [name.padEnd(32), ...cells.map((cell) => String(cell).padStart(14))].join('')

async function ownCost(program: Program, dtype: 'f32' | 'f16'): Promise<ForwardCost> {
  const backend = await createWebgpuBackend({ dtype, dawn })
  return costOf(backend, program, (executable) => (executable as BatchedExecutable).pass!.traffic)
}

/** TensorFlow.js makes all of its dispatches in one method. */
interface Runner {
  runWebGPUProgram(program: object, inputs: readonly Operand[], ...rest: unknown[]): Operand
}

interface Operand {
  readonly dataId: object
  readonly shape: readonly number[]
}

async function plainCost(program: Program): Promise<ForwardCost> {
  await provideGpu({ runtime: 'node' }, dawn)
  const tf = await importCore()
  const backend = await createTfjsBackend({ tf, use: 'webgpu', kernels: 'plain' })
  const runner = tf.backend() as Runner
  const run = runner.runWebGPUProgram
  return costOf(backend, program, async (_, forward) => {
    let operands: Operand[] = []
    runner.runWebGPUProgram = function (what, inputs, ...rest) {
      const output = run.call(this, what, inputs, ...rest)
      operands.push(...inputs, output)
      return output
    }
    await forward()
    // What two forwards have in common are the weights.
    const before = new Set(operands.map(({ dataId }) => dataId))
    operands = []
    await forward()
    runner.runWebGPUProgram = run
    const bytesOf = (those: readonly Operand[]) =>
      those.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)
    const weights = bytesOf(operands.filter(({ dataId }) => before.has(dataId)))
    return { weights, values: bytesOf(operands) - weights }
  })
}

type TrafficOf = (
  executable: Executable,
  forward: () => Promise<unknown>,
) => ForwardCost['traffic'] | Promise<ForwardCost['traffic']>

const quick = process.env.VITRINE_QUICK !== undefined
const ROUNDS = quick ? 1 : 7
/** Milliseconds that a round takes at least. */
const ROUND = quick ? 1 : 300

async function costOf(
  backend: Backend,
  program: Program,
  trafficOf: TrafficOf,
): Promise<ForwardCost> {
  const { counts } = watchDevices()
  const model = backend.createModel(program.weights)
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    model.write(name, wholeRegion(shape), 0, new Float32Array(rows * columns))
  }
  const executable = model.compile(program)
  const inputs = zeroInputs(program)
  const forward = () => executable.run(inputs)
  await cpuTime(forward)
  const cpu: number[] = []
  for (let round = 0; round < ROUNDS; round++) cpu.push(await cpuTime(forward))
  for (const what of Object.keys(counts) as (keyof typeof counts)[]) counts[what] = 0
  await forward()
  const counted = { ...counts }
  const traffic = await trafficOf(executable, forward)
  model.dispose()
  backend.dispose?.()
  return { cpu, counts: counted, traffic }
}

/** The mean over a round, in milliseconds. */
async function cpuTime(forward: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  const before = process.cpuUsage()
  let times = 0
  for (; performance.now() - start < ROUND; times++) await forward()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / times
}
