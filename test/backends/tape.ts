import { Control } from '../../assembly/tape.ts'
import { type Build, instantiate, type Kernels } from '../../src/backends/wasm/kernels.ts'
import { CONTROL, PAGE } from '../../src/backends/wasm/layout.ts'
import { lower } from '../../src/backends/wasm/lower.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian } from '../random.ts'

const PAGES = 400
const STAGING = (PAGES - 100) * PAGE
const SCRATCH_BYTES = 2 * PAGE

export interface TapeInMemory {
  readonly kernels: Kernels
  readonly memory: WebAssembly.Memory
  readonly tape: number
  readonly records: number
  /** The scratch memory of each thread. */
  scratch(thread: number): number
  /** Forgets all that a run left, and sets the input anew. */
  reset(): void
  /** All outputs, one after the other. */
  outputs(): Float32Array
}

/** A lowered program over random weights in a memory of the test's own, to be run by hand. */
export function tapeInMemory(
  build: Build,
  module: WebAssembly.Module,
  program: Program,
  shared = false,
): TapeInMemory {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 65536, shared })
  const kernels = instantiate(module, memory)
  const floats = new Float32Array(memory.buffer)
  const zeros = CONTROL + Control.Words * 4
  let top = CONTROL + PAGE
  const addresses = new Map<string, number>()
  program.weights.forEach(({ name, shape: [rows, columns], role }, i) => {
    const values = gaussian(i + 1, rows * columns, role === 'kernel' ? 1 / Math.sqrt(rows) : 0.5)
    addresses.set(name, top)
    if (role === 'kernel') {
      floats.set(values, STAGING / 4)
      const region = [0, 0, rows, columns, 0] as const
      kernels.packPanels(STAGING, values.length, top, rows, ...region, 0)
    } else floats.set(values, top / 4)
    top += Math.ceil(((columns + 16) * rows * 4) / 64) * 64
  })
  const arena = top
  const lowered = lower(program, {
    weight: (name) => addresses.get(name)!,
    zeros,
    quantization: () => undefined,
    build,
    arena,
  })
  return {
    kernels,
    memory,
    tape: arena,
    records: lowered.records.length,
    scratch: (thread) => arena + lowered.arenaBytes + thread * SCRATCH_BYTES,
    reset() {
      floats.fill(0, arena / 4)
      new Uint32Array(memory.buffer).fill(0, CONTROL / 4, zeros / 4)
      new Uint32Array(memory.buffer).set(lowered.tape, arena / 4)
      const { address, rows, columns } = lowered.input
      floats.set(gaussian(77, rows * columns), address / 4)
    },
    outputs() {
      const values: number[] = []
      for (const { address, stride, rows, columns } of Object.values(lowered.outputs)) {
        for (let row = 0; row < rows; row++) {
          const at = (address + row * stride) / 4
          for (const value of floats.subarray(at, at + columns)) values.push(value)
        }
      }
      return Float32Array.from(values)
    },
  }
}
