import { Control, Quantization } from '../../../../assembly/tape.ts'
import type { Dtype } from '../../../../src/backends/backend.ts'
import {
  type Build,
  integerSteps,
  SCALE_STEPS,
} from '../../../../src/backends/wasm/builds/builds.ts'
import { instantiate, type Kernels } from '../../../../src/backends/wasm/builds/instance.ts'
import { lower } from '../../../../src/backends/wasm/lower/lower.ts'
import { CONTROL, PAGE } from '../../../../src/backends/wasm/memory/layout.ts'
import type { Program } from '../../../../src/program/program.ts'
import { gaussian } from '../../../random.ts'

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
  dtype: Dtype,
  shared = false,
): TapeInMemory {
  const quantization = dtype === 'int8' ? Quantization.Int8 : Quantization.Int16
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: 65536, shared })
  const kernels = instantiate(module, memory)
  const floats = new Float32Array(memory.buffer)
  const zeros = CONTROL + Control.Words * 4
  let top = CONTROL + PAGE
  const addresses = new Map<string, number>()
  const quantized = new Set<string>()
  program.weights.forEach(({ name, shape: [rows, columns], role, precise }, i) => {
    const values = gaussian(i + 1, rows * columns, role === 'kernel' ? 1 / Math.sqrt(rows) : 0.5)
    addresses.set(name, top)
    if (role === 'kernel') {
      floats.set(values, STAGING / 4)
      const region = [0, 0, rows, columns, 0] as const
      if (dtype === 'f32' || precise) {
        kernels.packPanels(STAGING, values.length, top, rows, ...region, 0)
      } else {
        quantized.add(name)
        quantize(values.length, rows, region, columns, top)
      }
    } else floats.set(values, top / 4)
    top += Math.ceil(((columns + 16) * (rows + 16) * 4) / 64) * 64
  })
  const arena = top

  /** The values in staging, as panels of integers. */
  function quantize(
    count: number,
    rows: number,
    region: readonly [number, number, number, number, number],
    columns: number,
    target: number,
  ): void {
    const padded = Math.ceil(rows / 8) * 8
    const [panels, scratch] = [STAGING + 40 * PAGE, STAGING + 80 * PAGE]
    floats.fill(0, panels / 4, scratch / 4)
    kernels.packPanels(STAGING, count, panels, padded, ...region, 0)
    const bytes = (integerSteps(build, rows) + SCALE_STEPS) * build.panel * 4
    for (let panel = 0; panel * build.panel < columns; panel++) {
      const source = panels + panel * padded * build.panel * 4
      kernels.quantizePanel(source, target + panel * bytes, scratch, rows, quantization)
    }
  }
  const lowered = lower(program, {
    weight: (name) => addresses.get(name)!,
    zeros,
    quantization: (name) => (quantized.has(name) ? quantization : undefined),
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
      for (const [name, { address, rows, columns }] of Object.entries(lowered.inputs)) {
        const isInteger = program.values[program.inputs[name]!]!.type === 'i32'
        const count = rows * columns
        if (isInteger) {
          const ids = Int32Array.from({ length: count }, (_, i) => i % 3)
          new Int32Array(memory.buffer).set(ids, address / 4)
        } else floats.set(gaussian(77, count), address / 4)
      }
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
