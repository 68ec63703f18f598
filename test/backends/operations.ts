import * as assert from 'uvu/assert'
import type { Backend, Inputs } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { conv2d } from '../../src/program/layers/conv2d.ts'
import { groupNorm } from '../../src/program/layers/group-norm.ts'
import { linear } from '../../src/program/layers/linear.ts'
import * as poolOp from '../../src/program/layers/max-pool.ts'
import { tokenEmbedding } from '../../src/program/layers/token-embedding.ts'
import * as transposeOp from '../../src/program/layers/transpose.ts'
import {
  type Grid,
  positionsIn,
  sameWindow,
  validWindow,
  type Window,
} from '../../src/program/ops/window.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian, random, writeRandomWeights } from '../random.ts'
import { worst } from './values.ts'

// Programs of the operations of hybrids, Mixers and text towers, over whose shapes backends are compared.

/** Windows of every kind, over odd and even grids. */
export const windows: Record<string, Window> = {
  'SAME 7x7/2, even': sameWindow([16, 12], [7, 7], [2, 2]),
  'SAME 7x7/2, odd': sameWindow([11, 13], [7, 7], [2, 2]),
  'SAME 3x3/2, even': sameWindow([8, 6], [3, 3], [2, 2]),
  'SAME 3x3/2, odd': sameWindow([7, 9], [3, 3], [2, 2]),
  'SAME 3x3': sameWindow([5, 4], [3, 3], [1, 1]),
  'SAME 1x1/2': sameWindow([7, 6], [1, 1], [2, 2]),
  'VALID 3x2/1x2, positions left over': validWindow([6, 7], [3, 2], [1, 2]),
  'patches, positions left over': validWindow([9, 7], [4, 3]),
  '7x7/2 with equal padding': {
    ...{ grid: [16, 13], size: [7, 7], stride: [2, 2], before: [3, 3], outputs: [8, 7] },
  },
  'larger than the grid': sameWindow([2, 3], [7, 5], [1, 2]),
  'fewer outputs than fit': {
    ...{ grid: [8, 9], size: [3, 3], stride: [1, 2], before: [1, 0], outputs: [5, 3] },
  },
}

/** @param alone whether nothing else reads the input, which a GPU then stores without padding */
export function convolution(window: Window, channels: number, width: number, alone: boolean) {
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [positionsIn(window.grid), channels])
  const out = conv2d(net, 'conv', pixels, window, width, { bias: alone })
  return net.build(alone ? { out } : { out, pool: poolOp.maxPool(net, 'pool', pixels, window) })
}

/** A block of a ResNet: its norms are read by convolutions and as a residual. */
export function bottleneck(grid: Grid, channels: number, width: number): Program {
  const net = new ProgramBuilder()
  const x = net.input('pixels', [positionsIn(grid), channels])
  const window = sameWindow(grid, [3, 3], [2, 2])
  const norm = { groups: width / 2, eps: 1e-5 }
  const narrow = linear(net, 'conv1', x, width, { bias: false })
  const first = groupNorm(net, 'norm1', narrow, { ...norm, activation: 'relu' })
  const conv = conv2d(net, 'conv2', first, window, width, { bias: false })
  const shortcut = groupNorm(net, 'norm_proj', conv2d(net, 'proj', x, window, width), norm)
  const out = groupNorm(net, 'norm2', conv, { ...norm, activation: 'relu', residual: shortcut })
  const pooled = maxPool(net, out, [Math.ceil(grid[0] / 2), Math.ceil(grid[1] / 2)])
  return net.build({ out, pooled })
}

const maxPool = (net: ProgramBuilder, x: number, grid: Grid) =>
  poolOp.maxPool(net, 'pool', x, sameWindow(grid, [3, 3], [2, 2]))

export function norms(rows: number, columns: number, groups: number): Program {
  const net = new ProgramBuilder()
  const x = net.input('pixels', [rows, columns])
  const plain = groupNorm(net, 'plain', x, { groups, eps: 1e-6 })
  const options = { groups, eps: 1e-6, residual: x, activation: 'relu' } as const
  return net.build({ plain, residual: groupNorm(net, 'residual', plain, options) })
}

/** Token mixing: transposed, through a layer, and back onto what it began with. */
export function mixing(rows: number, columns: number): Program {
  const net = new ProgramBuilder()
  const x = net.input('pixels', [rows, columns])
  const turned = transposeOp.transpose(net, 'turned', x)
  const mixed = linear(net, 'mix', turned, rows, { activation: 'gelu_tanh' })
  return net.build({ turned, out: transposeOp.transpose(net, 'out', mixed, x) })
}

export function embedding(tokens: number, width: number, segment: boolean): Program {
  const net = new ProgramBuilder()
  const ids = net.input('ids', [tokens, 1], 'i32')
  const options = { vocabulary: VOCABULARY, positions: tokens + 2, width, segment }
  return net.build({ ids, out: tokenEmbedding(net, 'embedding', ids, options) })
}

const VOCABULARY = 19

/** @param nearly a value that all inputs are near to */
export function inputsOf(program: Program, images = 1, nearly?: number): Inputs {
  const inputs = Object.entries(program.inputs).map(([name, id]) => {
    const { shape, type } = program.values[id]!
    const count = images * shape[0] * shape[1]
    if (type === 'i32') {
      const next = random(count)
      return [name, Int32Array.from({ length: count }, () => Math.floor(VOCABULARY * next()))]
    }
    const values = gaussian(7, count)
    return [name, nearly === undefined ? values : values.map((x) => nearly + 1e-3 * x)]
  })
  return Object.fromEntries(inputs)
}

export interface CompareOptions {
  readonly bound: number
  readonly images?: number
  readonly inputs?: Inputs
}

/** Compares the outputs of a program with float64. */
export async function compareOutputs(
  backend: Backend,
  what: string,
  program: Program,
  { bound, images = 1, inputs = inputsOf(program, images) }: CompareOptions,
): Promise<void> {
  const run = async (one: Backend) => {
    const model = one.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const outputs = await model.compile(program, { images }).run(inputs)
    model.dispose()
    return outputs
  }
  const [expected, found] = [await run(referenceBackend), await run(backend)]
  for (const [name, values] of Object.entries(expected)) {
    const error = worst(found[name]!, values)
    assert.ok(error < bound, `${what}, ${images} images, ${name}: off by ${error}`)
  }
}
