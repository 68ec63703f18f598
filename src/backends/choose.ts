import { UnsupportedError } from '../errors.ts'
import { ProgramBuilder } from '../program/builder.ts'
import { linear } from '../program/layers/linear.ts'
import { rows as firstRows } from '../program/layers/rows.ts'
import type { Linear } from '../program/ops/linear.ts'
import { matrixFlops } from '../program/passes/work.ts'
import type { Program } from '../program/program.ts'
import type { Backend } from './backend.ts'
import { zeroInputs } from './inputs.ts'
import { openWasmBackend } from './wasm/open.ts'
import type { WasmOptions } from './wasm/options.ts'
import { type Device, openDevice } from './webgpu/device.ts'
import type { WebgpuOptions } from './webgpu/options.ts'
import { createWebgpuBackend } from './webgpu/webgpu.ts'

export interface ChoiceOptions extends WasmOptions {
  webgpu?: WebgpuOptions | undefined
}

let warned = false

/**
 * The GPU backend, or WebAssembly with one warning where this runtime has no usable GPU.
 * @throws UnsupportedError for types that the GPU does not have
 */
export async function gpuOrWasm(options: ChoiceOptions): Promise<Backend> {
  const { dtype } = options
  if (dtype === 'int16' || dtype === 'int8') {
    throw new UnsupportedError(`The GPU computes in f32 and f16 here, not in ${dtype}.`)
  }
  try {
    return await createWebgpuBackend({ ...options.webgpu, dtype })
  } catch (error) {
    // The caller's own device, and f16, can't be replaced by WebAssembly.
    if (!(error instanceof UnsupportedError) || options.webgpu?.device || dtype === 'f16')
      throw error
    if (!warned) console.warn(`vitrine computes on the CPU: ${error.message}`)
    warned = true
    return wasmBecause(error.message, options)
  }
}

/**
 * The faster of the GPU and WebAssembly backends, estimated by timing the largest product of the program
 * on each.
 */
export async function fasterOf(program: Program, options: ChoiceOptions): Promise<Backend> {
  const { dtype } = options
  if (dtype === 'int16' || dtype === 'int8') {
    return wasmBecause(`only it computes in ${dtype}`, options)
  }
  let device: Device
  try {
    device = await openDevice({ ...options.webgpu, dtype })
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    return wasmBecause(error.message, { ...options, dtype: 'f32' })
  }
  if (device.isSoftware) {
    device.destroy()
    return wasmBecause(`${device.name} is a GPU emulated on the CPU`, { ...options, dtype: 'f32' })
  }
  const gpu = await createWebgpuBackend({ ...options.webgpu, dtype }, device)
  const wasm = await openWasmBackend({ ...options, dtype: 'f32' })
  const [onGpu, onWasm] = [await forwardTime(gpu, program), await forwardTime(wasm, program)]
  const times = `about ${onGpu.toPrecision(2)} ms a forward on the GPU, ${onWasm.toPrecision(2)} in WebAssembly`
  const [chosen, other] = onGpu < onWasm ? [gpu, wasm] : [wasm, gpu]
  other.dispose?.()
  return because(times, chosen)
}

async function wasmBecause(reason: string, options: WasmOptions): Promise<Backend> {
  return because(reason.replace(/\.$/, ''), await openWasmBackend(options))
}

function because(reason: string, backend: Backend): Backend {
  const description = `${backend.description} (${reason})`
  // Not a copy: `device` changes after a device loss.
  return Object.create(backend, { description: { value: description } })
}

/** Timed runs, of which the fastest counts. */
const TIMED_RUNS = 4

/**
 * Estimates how long a backend takes for a program, in milliseconds. The largest product is timed alone
 * and chained; the difference separates the product's time from the overhead of a run.
 */
async function forwardTime(backend: Backend, program: Program): Promise<number> {
  const short = await programTime(backend, productProgram(program, 1))
  const long = await programTime(backend, productProgram(program, 3))
  const each = Math.max((long - short) / 4, 1e-3)
  const products = matrixFlops(program) / matrixFlops(productProgram(program, 1))
  return short + each * Math.max(0, products - 1)
}

async function programTime(backend: Backend, program: Program): Promise<number> {
  const model = backend.createModel(program.weights)
  try {
    const executable = model.compile(program)
    const inputs = zeroInputs(program)
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i <= TIMED_RUNS; i++) {
      const start = performance.now()
      await executable.run(inputs)
      // The first run compiles.
      if (i > 0) best = Math.min(best, performance.now() - start)
    }
    return best
  } finally {
    model.dispose()
  }
}

/** The program's largest product, there and back `times` times. Only one row is read, to keep the copy small. */
function productProgram(program: Program, times: number): Program {
  const work = (op: Linear) => {
    const [inner, columns] = program.weights[op.kernel]!.shape
    return program.values[op.input]!.shape[0] * inner * columns
  }
  const linears = program.ops.filter((op) => op.op === 'linear')
  const largest = linears.reduce((a, b) => (work(b) > work(a) ? b : a))
  const [rows, inner] = program.values[largest.input]!.shape
  const columns = program.weights[largest.kernel]!.shape[1]
  const net = new ProgramBuilder()
  let x = net.input('input', [rows, inner])
  for (let i = 0; i < times; i++) {
    x = linear(net, 'there', x, columns)
    if (i < times - 1) x = linear(net, 'back', x, inner)
  }
  return net.build({ one: firstRows(net, 'one', x, 0, 1) })
}
