import { crc32 } from '../../bytes/crc32.ts'
import { ProgramBuilder } from '../../program/builder.ts'
import type { Program } from '../../program/program.ts'
import type { Dtype, Executable } from '../backend.ts'
import { wholeRegion } from '../weights.ts'
import {
  type Build,
  type CompileOptions,
  compileBuild,
  instantiate,
  integerSteps,
} from './kernels.ts'
import { PAGE } from './layout.ts'
import { LinearMemory } from './memory.ts'
import { createWasmModel } from './model.ts'

/**
 * A small program that uses every kernel with a wide form: a block of a ViT in each form of GELU, then
 * products of every number of rows that a last tile can have.
 */
function trialProgram(): Program {
  const net = new ProgramBuilder([28, 60])
  const width = 64
  let x = net.tokens('tokens', net.patchEmbed('patch', [4, 4], width), 0)
  for (const activation of ['gelu_erf', 'gelu_tanh'] as const) {
    const y = net.layerNorm(`${activation}.norm1`, x, 1e-6)
    const query = net.linear(`${activation}.query`, y, width)
    const keyValue = net.linear(`${activation}.key_value`, y, 2 * width)
    const attention = net.attention(`${activation}.attention`, query, keyValue, 2)
    x = net.linear(`${activation}.proj`, attention, width, { residual: x })
    const z = net.layerNorm(`${activation}.norm2`, x, 1e-6)
    const hidden = net.linear(`${activation}.fc1`, z, 2 * width, { activation })
    x = net.linear(`${activation}.fc2`, hidden, width, { residual: x })
  }
  const outputs: Record<string, number> = { x }
  for (const rows of [1, 2, 3, 4]) {
    outputs[`rows${rows}`] = net.linear('head', net.rows(`rows${rows}`, x, 0, rows), width)
  }
  return net.build(outputs)
}

/** Products that one measurement of a tile adds up, per row and column. */
const INNER = 512

/** How often it is run for one time, which then is some tens of microseconds. */
const REPEATS = 5

export interface Trial {
  /** What the program computes: a checksum of its bits. */
  answer(): Promise<number>
  /**
   * Milliseconds that the kernels take, per row and column: first the `products` of full tiles, then
   * softmax and the tiles of fewer rows.
   */
  times(): readonly number[]
  readonly products: number
}

/** The program on one build. */
export async function prepareTrial(
  build: Build,
  { dtype = 'f32', shared = false, fused = false }: { dtype?: Dtype } & CompileOptions = {},
): Promise<Trial> {
  const program = trialProgram()
  const module = await compileBuild(build, { shared, fused })
  const model = createWasmModel(build, module, program.weights, { dtype, shared })
  const bench = instantiate(module, new LinearMemory(3 * PAGE, shared).memory)
  // As much as the largest weight takes; the others, and the pixels, are its beginning.
  const values = noise(1 << 13)
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    model.write(name, wholeRegion(shape), 0, values.subarray(0, rows * columns))
  }
  const [height, stride] = program.values[program.input]!.shape
  const pixels = values.subarray(0, height * stride)
  const executable: Executable = model.compile(program)
  return {
    async answer() {
      const outputs = Object.values(await executable.run(pixels))
      return outputs.reduce((sum, { buffer }) => crc32(new Uint8Array(buffer), sum), 0)
    },
    products: dtype === 'f32' ? 1 : 2,
    times() {
      const { tile, integerTile, MR, INTEGER_MR } = bench
      // Zeros will do: the time of a product does not depend on what is multiplied.
      const [a, b, c, zeros] = [PAGE, PAGE + 16384, 2 * PAGE, 2 * PAGE + 4096]
      const timeTile = (kernel: typeof tile, steps: number) => (rows: number) => {
        const run = () => kernel(rows, a, b, c, build.panel * 4, steps, zeros, 0, 0)
        return timeOf(REPEATS, run) / (rows * build.panel)
      }
      const softmax = timeOf(REPEATS, () => bench.softmaxColumns(b, 16, c)) / build.panel
      const floats = tileTimes(MR.value, timeTile(tile, INNER))
      if (dtype === 'f32') return [floats.full, softmax, ...floats.less]
      const steps = integerSteps(build, INNER)
      const integers = tileTimes(INTEGER_MR.value, timeTile(integerTile, steps))
      return [floats.full, integers.full, softmax, ...floats.less, ...integers.less]
    },
  }
}

function tileTimes(most: number, time: (rows: number) => number) {
  return { full: time(most), less: Array.from({ length: most - 1 }, (_, i) => time(i + 1)) }
}

function noise(length: number): Float32Array {
  let seed = 1
  return Float32Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32 - 0.5
  })
}

function timeOf(count: number, action: () => void): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) action()
  return performance.now() - start
}
