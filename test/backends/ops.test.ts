import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Inputs } from '../../src/backends/backend.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { sameWindow, validWindow, type Window } from '../../src/program/ops/window.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian, random, writeRandomWeights } from '../random.ts'
import {
  attention,
  constants,
  embedding,
  gated,
  groupNorm,
  inputNorm,
  linear,
  merging,
  patches,
  placedAttention,
  pooling,
  rotated,
  transposed,
  windows,
} from './programs.ts'
import { runnable } from './wasm/builds/runnable.ts'

// Single ops over shapes with tails, on every build, against float64.
const sizes = [1, 2, 3, 5, 7, 13]
const BOUND = 1e-5

test('linear: rows, columns and depth with tails, every activation, bias, residual', async () => {
  const activations = ['none', 'gelu_erf', 'gelu_tanh', 'tanh', 'silu', 'quick_gelu'] as const
  let turn = 0
  for (const rows of sizes) {
    for (const inner of [1, 2, 7, 65]) {
      for (const columns of [1, 3, 16, 17, 100]) {
        await compare(linear(rows, inner, columns, activations[turn++ % activations.length]!))
      }
    }
  }
})

// Up to 640 rows with more than 450,000 values are multiplied in blocks of their depth; see assembly/gemm/gemm.ts.
const cut = { rows: 199, inner: 2311, columns: 20 }

test('linear: depths that are cut into blocks, every activation, bias, residual', async () => {
  for (const activation of ['none', 'gelu_erf', 'tanh', 'silu'] as const) {
    await compare(linear(cut.rows, cut.inner, cut.columns, activation))
  }
  await compare(linear(97, 4801, 9, 'none'))
  await compare(linear(640, 721, 5, 'none'))
})

test('linear: the bits are the same with and without blocks of the depth', async () => {
  const programs = [cut.rows, 641].map((rows) => linear(rows, cut.inner, cut.columns, 'none'))
  const pixels = gaussian(1, 641 * 3)
  for (const build of runnable) {
    const backend = await createWasmBackend({ kernels: build.name })
    const [found, expected] = await Promise.all(
      programs.map(async (program) => {
        const model = backend.createModel(program.weights)
        writeRandomWeights(model, program.weights)
        const rows = program.values[onlyInput(program).id]!.shape[0]
        return (await model.compile(program).run({ pixels: pixels.slice(0, 3 * rows) })).second!
      }),
    )
    assert.equal(found, expected!.slice(0, cut.rows * cut.columns), build.name)
  }
})

test('attention: tokens, queries, heads and head widths with tails', async () => {
  for (const tokens of [1, 2, 5, 7, 17, 197]) {
    for (const headWidth of [1, 3, 4, 5, 7, 64, 80]) {
      const heads = headWidth > 16 ? 1 : 3
      await compare(attention(tokens, tokens, heads, headWidth))
      await compare(attention(tokens, 1, heads, headWidth))
    }
  }
})

/** The head widths of published models, and multiples of 4 that are no multiples of 8. */
const headWidths = [4, 12, 20, 64, 72, 80, 96, 128]

test('attention with a bias, a causal mask, or both: every head width', async () => {
  for (const tokens of [1, 2, 5, 17, 33, 77]) {
    for (const [i, headWidth] of headWidths.entries()) {
      const heads = headWidth > 16 ? 2 : 3
      const from = Math.min(i % 3, tokens - 1)
      await compare(placedAttention(tokens, heads, headWidth, { causal: true, bias: false, from }))
      await compare(placedAttention(tokens, heads, headWidth, { causal: false, bias: true, from }))
      await compare(placedAttention(tokens, heads, headWidth, { causal: true, bias: true, from }))
    }
  }
  const both = { causal: true, bias: true }
  await compare(placedAttention(19, 3, 12, both), { images: 3 })
})

test('merged tokens: kept ones, heads, head widths with tails, as few and as many as can be', async () => {
  for (const kept of [0, 1, 2, 5]) {
    for (const tokens of [kept + 4, kept + 9, 50]) {
      for (const headWidth of [4, 7, 12]) {
        const heads = headWidth === 7 ? 1 : 3
        const most = Math.floor((tokens - kept) / 2)
        const half = Math.floor((tokens - kept - most) / 2)
        await compare(merging(tokens, heads, headWidth, kept, [1, 1]))
        await compare(merging(tokens, heads, headWidth, kept, [most, half]))
      }
    }
  }
  await compare(merging(197, 3, 64, 1, [16, 16]))
  await compare(merging(21, 2, 12, 1, [6, 4]), { images: 3 })
})

test('rope: rows before it, columns beyond it, every head width', async () => {
  for (const rows of sizes) {
    for (const headWidth of headWidths) {
      for (const more of [0, 5, headWidth]) {
        await compare(rotated(rows, 3, headWidth, (rows * headWidth) % rows, more))
      }
    }
    await compare(rotated(rows, 4, 12, rows - 1, 0), { images: 3 })
  }
  // All rows that are read may lie before the first that is rotated.
  const program = rotated(9, 2, 8, 6, 3)
  await compare(withoutUnusedRows(program))
})

test('tokens, mean, rows, layer norm', async () => {
  for (const rows of sizes)
    for (const columns of [1, 5, 16, 33]) await compare(pooling(rows, columns))
})

test('patches of any shape; incomplete patches are ignored', async () => {
  for (const [height, width, patch] of [
    [16, 16, [16, 16]],
    [7, 9, [2, 3]],
    [5, 5, [1, 1]],
    [31, 20, [5, 7]],
    [1, 13, [1, 4]],
  ] as const) {
    await compare(patches(height, width, [...patch]))
  }
})

const someWindows: readonly Window[] = [
  sameWindow([7, 9], [3, 3], [1, 1]),
  sameWindow([8, 6], [3, 3], [2, 2]),
  sameWindow([9, 7], [3, 3], [2, 2]),
  sameWindow([13, 14], [7, 7], [2, 2]),
  sameWindow([5, 6], [1, 1], [2, 2]),
  sameWindow([4, 3], [5, 7], [1, 2]),
  sameWindow([3, 2], [2, 2], [1, 1]),
  sameWindow([1, 1], [7, 7], [2, 2]),
  sameWindow([5, 5], [2, 3], [4, 5]),
  validWindow([8, 11], [3, 2], [1, 3]),
  validWindow([31, 20], [5, 7]),
  // Whole windows of padding, and positions that no window reaches.
  { grid: [3, 4], size: [2, 2], stride: [2, 2], before: [4, 5], outputs: [5, 6] },
]

test('windows: overlap, padding, stride, any number of channels, as products and as largest values', async () => {
  let turn = 0
  for (const channels of [1, 3, 4, 5, 16, 33, 64]) {
    for (const window of someWindows) {
      const width = [1, 3, 16, 18][turn++ % 4]!
      await compare(windows(window, channels, width))
    }
  }
  await compare(windows(sameWindow([7, 9], [3, 3], [2, 2]), 5, 6), { images: 3 })
})

test('windows in several blocks of rows', async () => {
  await compare(windows(sameWindow([29, 31], [3, 3], [1, 1]), 16, 5))
  await compare(windows(sameWindow([29, 31], [3, 3], [1, 1]), 7, 5), { images: 2 })
})

test('group norm: rows, columns and groups with tails, residual, ReLU', async () => {
  for (const rows of [1, 2, 15, 16, 17, 33, 100]) {
    for (const [columns, groups] of [
      [1, 1],
      [5, 1],
      [6, 2],
      [12, 12],
      [18, 3],
      [35, 7],
      [64, 32],
      [96, 32],
      [128, 32],
    ] as const) {
      await compare(groupNorm(rows, columns, groups))
    }
  }
  await compare(groupNorm(9, 20, 5), { images: 3 })
})

test('group norm of images that are nearly flat, or mostly', async () => {
  const [rows, columns] = [700, 8]
  const next = random(3)
  const program = inputNorm(rows, columns, 4)
  const of = (value: (row: number) => number) => ({
    inputs: { pixels: Float32Array.from({ length: rows * columns }, (_, i) => value(i)) },
  })
  await compare(
    program,
    of(() => 1000.1),
  )
  await compare(
    program,
    of(() => 1000 + next() * 1e-3),
  )
  await compare(
    program,
    of(() => 1e6 + next()),
  )
  await compare(
    program,
    of(() => -3e4 * (1 + next() * 1e-6)),
  )
  // The rows that the pivot is taken from are unlike all others.
  const pivots = of((i) => (Math.floor(i / columns) % 16 === 0 ? 500 : next()))
  await compare(program, pivots)
  await compare(
    program,
    of((i) => (i === 3 ? 1e4 : next())),
  )
})

test('transposed: products of columns, alone and with something added', async () => {
  for (const rows of [...sizes, 50]) {
    for (const columns of [1, 4, 6, 15, 16, 17, 65]) {
      await compare(transposed(rows, columns, 1 + ((rows * columns) % 19)))
    }
  }
  await compare(transposed(7, 10, 5), { images: 3 })
})

test('embedding of tokens', async () => {
  for (const [tokens, vocabulary, width] of [
    [1, 1, 1],
    [16, 50, 33],
    [7, 3, 64],
  ] as const) {
    const next = random(tokens)
    const images = 2
    const ids = Int32Array.from({ length: images * tokens }, () => Math.floor(next() * vocabulary))
    await compare(embedding(tokens, vocabulary, width), { images, inputs: { ids } })
  }
})

test('RMS norm and gated layers: rows, columns and widths with tails', async () => {
  for (const rows of sizes) {
    for (const columns of [1, 4, 5, 16, 33]) {
      for (const width of [1, 3, 8, 17, 40]) await compare(gated(rows, columns, width))
    }
  }
  await compare(gated(7, 10, 5), { images: 3 })
})

test('constants: the same for every image, wherever they are read', async () => {
  for (const [rows, heads, headWidth] of [
    [1, 1, 4],
    [7, 3, 4],
    [5, 2, 5],
    [13, 1, 64],
    [17, 2, 80],
  ] as const) {
    for (const images of [1, 3]) await compare(constants(rows, heads, headWidth), { images })
  }
})

test('NaN and infinity come out where they come out of the reference', async () => {
  const all = [
    linear(7, 5, 9, 'gelu_erf'),
    attention(7, 7, 2, 5),
    pooling(5, 9),
    windows(sameWindow([5, 5], [3, 3], [1, 1]), 5, 9),
    groupNorm(5, 8, 4),
    transposed(5, 9, 7),
    linear(7, 5, 9, 'silu'),
    linear(7, 5, 9, 'quick_gelu'),
    gated(5, 9, 7),
  ]
  for (const program of all) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await compare(program, { poison: value })
    }
  }
})

interface Case {
  /** Put in the place of one input value. */
  poison?: number
  images?: number
  /** Random pixels unless given. */
  inputs?: Inputs
}

async function compare(program: Program, given: Case = {}): Promise<void> {
  const { poison, images = 1 } = given
  const [height, stride] = program.values[onlyInput(program).id]!.shape
  const pixels = gaussian(height, images * height * stride)
  if (poison !== undefined) pixels[4] = poison
  const inputs = given.inputs ?? { pixels }
  const run = (model: ReturnType<typeof referenceBackend.createModel>) => {
    writeRandomWeights(model, program.weights)
    return model.compile(program, { images }).run(inputs)
  }
  const expected = await run(referenceBackend.createModel(program.weights))
  for (const build of runnable) {
    const backend = await createWasmBackend({ kernels: build.name })
    const found = await run(backend.createModel(program.weights))
    for (const [name, reference] of Object.entries(expected)) {
      const i = reference.findIndex((value, i) => !isNear(found[name]![i]!, value))
      if (i < 0) continue
      const off = `${found[name]![i]}, expected ${reference[i]}`
      assert.unreachable(`${build.name} ${name}[${i}] = ${off} (${describe(program)})`)
    }
  }
}

function isNear(found: number, expected: number): boolean {
  if (Math.abs(found - expected) / Math.max(1, Math.abs(expected)) <= BOUND) return true
  // Infinities and NaN.
  return Object.is(found, expected)
}

function describe(program: Program): string {
  return program.values.map(({ name, shape }) => `${name} [${shape}]`).join(' ')
}

test.run()
