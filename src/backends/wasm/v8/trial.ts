import { crc32 } from '../../../bytes/crc32.ts'
import { ProgramBuilder } from '../../../program/builder.ts'
import { attention } from '../../../program/layers/attention.ts'
import { patchEmbed } from '../../../program/layers/conv2d.ts'
import { layerNorm } from '../../../program/layers/layer-norm.ts'
import { linear } from '../../../program/layers/linear.ts'
import { rows } from '../../../program/layers/rows.ts'
import { tokens } from '../../../program/layers/tokens.ts'
import type { Program } from '../../../program/program.ts'
import type { Dtype, Executable } from '../../backend.ts'
import { wholeRegion } from '../../weights.ts'
import { type Build, integerSteps } from '../builds/builds.ts'
import { instantiate } from '../builds/instance.ts'
import { type CompileOptions, compileBuild } from '../builds/kernels.ts'
import { PAGE } from '../memory/layout.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { createWasmModel } from '../model.ts'
import { scheduler } from '../threads/scheduler.ts'

/**
 * A small program that uses every kernel that has a wide form: a ViT block for each form of GELU, then
 * products with every number of rows that a last tile can have.
 */
function trialProgram(): Program {
  const net = new ProgramBuilder()
  const width = 64
  const grid = [28, 20] as const
  const pixels = net.input('pixels', [grid[0] * grid[1], 3])
  let x = tokens(net, 'tokens', patchEmbed(net, 'patch', pixels, grid, [4, 4], width), 0)
  for (const activation of ['gelu_erf', 'gelu_tanh'] as const) {
    const y = layerNorm(net, `${activation}.norm1`, x, 1e-6)
    const query = linear(net, `${activation}.query`, y, width)
    const keyValue = linear(net, `${activation}.key_value`, y, 2 * width)
    const mixed = attention(net, `${activation}.attention`, query, keyValue, 2)
    x = linear(net, `${activation}.proj`, mixed, width, { residual: x })
    const z = layerNorm(net, `${activation}.norm2`, x, 1e-6)
    const hidden = linear(net, `${activation}.fc1`, z, 2 * width, { activation })
    x = linear(net, `${activation}.fc2`, hidden, width, { residual: x })
  }
  const outputs: Record<string, number> = { x }
  for (const count of [1, 2, 3, 4]) {
    outputs[`rows${count}`] = linear(net, 'head', rows(net, `rows${count}`, x, 0, count), width)
  }
  return net.build(outputs)
}

/** The inner dimension of a timed tile. */
const INNER = 512

/** Runs per measurement, which then takes tens of microseconds. */
const REPEATS = 5

export interface Trial {
  /** Runs the program. Returns a checksum of the bits of its outputs. */
  checksum(): Promise<number>
  /**
   * Measures the kernels in milliseconds per row and column: first `products` times of full tiles, then
   * softmax, then tiles of fewer rows.
   */
  times(): readonly number[]
  readonly products: number
}

/** Prepares the trial program on one build. */
export async function prepareTrial(
  build: Build,
  { dtype = 'f32', shared = false, fused = false }: { dtype?: Dtype } & CompileOptions = {},
): Promise<Trial> {
  const program = trialProgram()
  const module = await compileBuild(build, { shared, fused })
  const model = createWasmModel(build, module, program.weights, scheduler, { dtype, shared })
  const bench = instantiate(module, new LinearMemory(3 * PAGE, shared).memory)
  // Enough for the largest weight; other weights and the pixels are prefixes of it.
  const values = noise(1 << 13)
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    model.write(name, wholeRegion(shape), 0, values.subarray(0, rows * columns))
  }
  const [positions, channels] = program.values[program.inputs.pixels!]!.shape
  const pixels = values.subarray(0, positions * channels)
  const executable: Executable = model.compile(program)
  return {
    async checksum() {
      const outputs = Object.values(await executable.run({ pixels }))
      return outputs.reduce((sum, { buffer }) => crc32(new Uint8Array(buffer), sum), 0)
    },
    products: dtype === 'f32' ? 1 : 2,
    times() {
      const { tile, integerTile, MR, INTEGER_MR } = bench
      // The time of a product does not depend on its values, so zeros are enough.
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
