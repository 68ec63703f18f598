import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import type { ViTConfig } from '../../src/models/config.ts'
import { vitProgram } from '../../src/models/families/vit.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program, Weight } from '../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../random.ts'
import { runnable } from './builds.ts'

// Every value of every program below, on every build, against float64.
const BOUND = 2e-5

const plain: ViTConfig = {
  family: 'vit',
  imageSize: [32, 32],
  patchSize: [8, 8],
  width: 48,
  depth: 2,
  heads: 3,
  mlpWidth: 96,
  classifier: 'token',
  classToken: true,
  distilled: false,
  representation: 0,
  classes: 10,
  gelu: 'erf',
  eps: 1e-6,
  qkvBias: true,
  normAfterPool: false,
}

const configs: Record<string, Partial<ViTConfig>> = {
  'class token, erf': {},
  'tanh, pre_logits': { gelu: 'tanh', representation: 28 },
  'global average pool': { classifier: 'gap', classToken: false },
  'norm after the pool': { classifier: 'gap', classToken: false, normAfterPool: true },
  'class token and pool': { classifier: 'gap' },
  unpooled: { classifier: 'unpooled', classToken: false },
  'class token, unpooled': { classifier: 'token_unpooled' },
  'distilled, no qkv bias': { distilled: true, qkvBias: false },
  'no head': { classes: 0 },
  'odd sizes': {
    ...{ imageSize: [35, 23], patchSize: [7, 5], width: 15, heads: 5, mlpWidth: 13, classes: 17 },
    ...{ eps: 1e-12, depth: 1 },
  },
  'one patch, one head, width 1': {
    ...{ imageSize: [3, 4], patchSize: [3, 4], width: 1, heads: 1, mlpWidth: 1, classes: 1 },
  },
  'the official testing model': {
    ...{ imageSize: [224, 224], patchSize: [16, 16], width: 10, heads: 2, mlpWidth: 10, depth: 1 },
  },
  'heads wider than a panel': { width: 66, heads: 2, mlpWidth: 130, classes: 33, depth: 1 },
}

function everyValue(program: Program): Program {
  return withOutputs(
    program,
    program.values.map(({ name }) => name),
  )
}

for (const [name, overrides] of Object.entries(configs)) {
  test(name, async () => {
    const program = vitProgram({ ...plain, ...overrides })
    const shape = program.values[program.input]!.shape
    const pixels = gaussian(7, shape[0] * shape[1])
    const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
    for (const build of runnable) {
      const backend = await createWasmBackend({ kernels: build.name })
      const found = await runAll(backend.createModel(program.weights), program, pixels)
      for (const [value, reference] of Object.entries(expected)) {
        const error = worst(found[value]!, reference)
        assert.ok(error < BOUND, `${build.name} ${value}: off by ${error}`)
      }
    }
  })
}

test('weights and values beyond 2 GiB, and up to the end of the address space', async () => {
  const program = vitProgram({ ...plain, depth: 1 })
  const pixels = gaussian(7, 32 * 32 * 3)
  const build = runnable.at(-1)!
  const backend = await createWasmBackend({ kernels: build.name })
  const expected = await runAll(backend.createModel(program.weights), program, pixels)
  for (const gibibytes of [1.999, 3.9]) {
    // It is never written, so the machine does not have to have it.
    const below: Weight = {
      name: 'below',
      shape: [Math.floor((gibibytes * 2 ** 30) / 64), 16],
      role: 'kernel',
    }
    const weights = [below, ...program.weights]
    const found = await runAll(backend.createModel(weights), program, pixels)
    assert.equal(found, expected, `${gibibytes} GiB`)
  }
})

/** All values; then the pruned program of each output, which must give the same bits. */
async function runAll(
  model: ReturnType<typeof referenceBackend.createModel>,
  program: Program,
  pixels: Float32Array,
): Promise<Record<string, Float32Array>> {
  writeRandomWeights(model, program.weights)
  const all = await model.compile(everyValue(program)).run(pixels)
  for (const [output, id] of Object.entries(program.outputs)) {
    const pruned = withoutUnusedRows(withOutputs(program, [output]))
    const found = await model.compile(pruned).run(pixels)
    assert.equal(found[output], all[program.values[id]!.name], `pruned for ${output}`)
  }
  return all
}

function worst(found: Float32Array, expected: Float32Array): number {
  assert.is(found.length, expected.length)
  let error = 0
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    if (!(difference <= error)) error = difference
  }
  return error
}

test.run()
