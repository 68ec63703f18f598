import { ProgramBuilder } from '../../../program/builder.ts'
import { attention } from '../../../program/layers/attention.ts'
import { patchEmbed } from '../../../program/layers/conv2d.ts'
import { layerNorm } from '../../../program/layers/layer-norm.ts'
import { linear } from '../../../program/layers/linear.ts'
import { rows } from '../../../program/layers/rows.ts'
import { tokens } from '../../../program/layers/tokens.ts'
import type { Program } from '../../../program/program.ts'
import type { Model } from '../../backend.ts'
import { wholeRegion } from '../../weights.ts'

/** Compiled kernels, and what is run on them. */
export interface TrialRuns {
  readonly module: WebAssembly.Module
  /** Runs programs that use every kernel that has a wide form. Returns their results. */
  run(): Promise<readonly Float32Array[]>
}

/**
 * A small program that uses every kernel that has a wide form: a ViT block for each form of GELU, then
 * products with every number of rows that a last tile can have.
 */
export function trialProgram(): Program {
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
  for (const count of [1, 2, 3, 4, 5]) {
    outputs[`rows${count}`] = linear(net, 'head', rows(net, `rows${count}`, x, 0, count), width)
  }
  return net.build(outputs)
}

/** Writes the weights of a trial program, and makes its pixels. */
export function fillTrial(model: Model, program: Program): Float32Array {
  // Enough for the largest weight; other weights and the pixels are prefixes of it.
  const values = noise(1 << 13)
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    model.write(name, wholeRegion(shape), 0, values.subarray(0, rows * columns))
  }
  const [positions, channels] = program.values[program.inputs.pixels!]!.shape
  return values.subarray(0, positions * channels)
}

function noise(length: number): Float32Array {
  let seed = 1
  return Float32Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32 - 0.5
  })
}
