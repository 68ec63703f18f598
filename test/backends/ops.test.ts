import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import type { Program } from '../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../random.ts'
import { attention, linear, patches, pooling } from './programs.ts'
import { runnable } from './wasm/builds/runnable.ts'

// Single ops over shapes with tails, on every build, against float64.
const sizes = [1, 2, 3, 5, 7, 13]
const BOUND = 1e-5

test('linear: rows, columns and depth with tails, every activation, bias, residual', async () => {
  const activations = ['none', 'gelu_erf', 'gelu_tanh', 'tanh'] as const
  let turn = 0
  for (const rows of sizes) {
    for (const inner of [1, 2, 7, 65]) {
      for (const columns of [1, 3, 16, 17, 100]) {
        await compare(linear(rows, inner, columns, activations[turn++ % activations.length]!))
      }
    }
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

test('NaN and infinity come out where they come out of the reference', async () => {
  for (const program of [linear(7, 5, 9, 'gelu_erf'), attention(7, 7, 2, 5), pooling(5, 9)]) {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) await compare(program, value)
  }
})

/** @param poison put in the place of one input value */
async function compare(program: Program, poison?: number): Promise<void> {
  const [height, stride] = program.values[onlyInput(program).id]!.shape
  const pixels = gaussian(height, height * stride)
  if (poison !== undefined) pixels[4] = poison
  const run = (model: ReturnType<typeof referenceBackend.createModel>) => {
    writeRandomWeights(model, program.weights)
    return model.compile(program).run({ pixels })
  }
  const expected = await run(referenceBackend.createModel(program.weights))
  for (const build of runnable) {
    const backend = await createWasmBackend({ kernels: build.name })
    const found = await run(backend.createModel(program.weights))
    for (const [name, reference] of Object.entries(expected)) {
      reference.forEach((value, i) => {
        const other = found[name]![i]!
        const error = Math.abs(other - value) / Math.max(1, Math.abs(value))
        const same = Object.is(other, value) || (Number.isNaN(other) && Number.isNaN(value))
        assert.ok(
          same || error <= BOUND,
          `${build.name} ${name}[${i}] = ${other}, expected ${value} (${describe(program)})`,
        )
      })
    }
  }
}

function describe(program: Program): string {
  return program.values.map(({ name, shape }) => `${name} [${shape}]`).join(' ')
}

test.run()
