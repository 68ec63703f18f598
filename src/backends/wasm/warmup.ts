import { ProgramBuilder } from '../../program/builder.ts'
import type { Program } from '../../program/program.ts'
import type { Dtype, Executable } from '../backend.ts'
import { type Build, compileBuild, instantiate, integerSteps } from './kernels.ts'
import { PAGE } from './layout.ts'
import { LinearMemory } from './memory.ts'
import { createWasmModel } from './model.ts'

/**
 * A small program that uses every kernel with a wide form: a block of a ViT in each form of GELU, then
 * products of every number of rows that a last tile can have.
 */
function warmUpProgram(): Program {
  const net = new ProgramBuilder([28, 60])
  const width = 128
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

export interface WarmUp {
  /** Runs the program once. */
  run(): Promise<void>
  /** What the program computes, as bits. */
  answer(): Promise<Uint32Array>
  /** Milliseconds that each kernel in use takes, per row and column; those of products come first. */
  times(): readonly number[]
  /** How many of them are products. */
  readonly products: number
}

/** The warm-up program on one build, over weights that are the same for every build. */
export async function prepareWarmUp(
  build: Build,
  { dtype = 'f32', shared = false }: { dtype?: Dtype; shared?: boolean } = {},
): Promise<WarmUp> {
  const program = warmUpProgram()
  const module = await compileBuild(build, shared)
  const model = createWasmModel(build, module, program.weights, { dtype, shared })
  const bench = instantiate(module, new LinearMemory(3 * PAGE, shared).memory)
  let seed = 1
  const noise = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    const values = Float32Array.from({ length: rows * columns }, () => noise() / Math.sqrt(rows))
    model.write(name, { row: 0, column: 0, rows, columns, transposed: false }, 0, values)
  }
  const [height, stride] = program.values[program.input]!.shape
  const pixels = Float32Array.from({ length: height * stride }, noise)
  const executable: Executable = model.compile(program)
  return {
    async run() {
      await executable.run(pixels)
    },
    async answer() {
      const outputs = await executable.run(pixels)
      const bits = Object.values(outputs).flatMap((out) => [...new Uint32Array(out.buffer)])
      return Uint32Array.from(bits)
    },
    products: dtype === 'f32' ? 1 : 2,
    times() {
      const { tile, integerTile, MR, INTEGER_MR, NEAR_ERF } = bench
      // Zeros will do: the time of a product does not depend on what is multiplied.
      const [a, b, c, zeros] = [PAGE, PAGE + 16384, 2 * PAGE, 2 * PAGE + 4096]
      const timeTile = (kernel: typeof tile, rows: number, steps: number) => {
        const run = () => kernel(rows, a, b, c, build.panel * 4, steps, zeros, 0, 0)
        return timeOf(50, run) / rows
      }
      const products = [timeTile(tile, MR.value, INNER)]
      const others = [timeOf(200, () => bench.softmaxColumns(b, 16, c))]
      if (dtype === 'f32') {
        others.push(timeOf(2000, () => bench.rowGeluErf(c)))
        others.push(timeOf(2000, () => bench.rowGeluTanh(c)))
      } else {
        products.push(timeTile(integerTile, INTEGER_MR.value, integerSteps(build, INNER)))
        others.push(timeOf(2000, () => bench.rowGeluNear(c, NEAR_ERF.value)))
      }
      return [...products, ...others].map((time) => time / build.panel)
    },
  }
}

function timeOf(count: number, action: () => void): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) action()
  return performance.now() - start
}
