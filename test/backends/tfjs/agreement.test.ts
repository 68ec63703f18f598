import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import type { Tfjs } from '../../../src/backends/tfjs/tf.ts'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { MemoryError } from '../../../src/errors.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import type { Program } from '../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { configs } from '../configs.ts'
import { attention, linear, patches, pooling } from '../programs.ts'
import { runAll, worst } from '../values.ts'
import { compareOperations } from './operations.ts'

// Every value of every program below, on the backends of TensorFlow.js that Node has, against float64.
const BOUND = 1e-4

const pixelsOf = (program: Program) => {
  const [height, stride] = program.values[onlyInput(program).id]!.shape
  return gaussian(7, height * stride)
}

for (const use of ['wasm', 'cpu'] as const) {
  test(`small models of every kind on ${use}`, async () => {
    const backend = await createTfjsBackend({ use })
    assert.match(backend.description, new RegExp(`^TensorFlow.js 4.* on ${use}`))
    for (const [name, config] of Object.entries(configs)) {
      const program = vitProgram(config)
      await compare(backend, program, `${use}: ${name}`)
    }
  })

  test(`single ops on ${use}`, async () => {
    const backend = await createTfjsBackend({ use })
    for (const program of [
      linear(5, 7, 17, 'tanh'),
      linear(1, 1, 1, 'gelu_tanh'),
      linear(13, 65, 3, 'gelu_erf'),
      attention(17, 17, 3, 5),
      attention(50, 1, 1, 80),
      pooling(5, 33),
      patches(31, 20, [5, 7]),
    ]) {
      await compare(backend, program, use)
    }
  })

  test(`operations that plain ViTs do without, on ${use}`, async () => {
    await compareOperations(await createTfjsBackend({ use }), BOUND)
  })
}

test('the number of tensors is the same after every run, and as before after the disposal', async () => {
  const tf = (await import('@tensorflow/tfjs-core')).default as unknown as Tfjs
  const backend = await createTfjsBackend({ tf, use: 'cpu' })
  const program = vitProgram(configs['class token, erf']!)
  const before = tf.memory().numTensors
  for (let load = 0; load < 3; load++) {
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const executable = model.compile(program)
    await executable.run({ pixels: pixelsOf(program) })
    const loaded = tf.memory().numTensors
    for (let i = 0; i < 5; i++) await executable.run({ pixels: pixelsOf(program) })
    const signal = AbortSignal.timeout(1)
    await Promise.allSettled(
      [1, 2, 3].map(() => executable.run({ pixels: pixelsOf(program) }, { signal })),
    )
    assert.is(tf.memory().numTensors, loaded)
    assert.is(loaded - before, program.weights.length)
    const late = executable.run({ pixels: pixelsOf(program) }).catch(({ code }) => code)
    model.dispose()
    assert.is(await late, 'DISPOSED')
    assert.is(tf.memory().numTensors, before)
  }
})

test('a model that WebAssembly has no room for is refused before it is read', async () => {
  const backend = await createTfjsBackend({ use: 'wasm' })
  const create = (name: string) => backend.createModel(vitProgram(variantConfig(name)).weights)
  create('L_16').dispose()
  try {
    create('H_14')
    assert.unreachable()
  } catch (error) {
    assert.instance(error, MemoryError)
    assert.match((error as Error).message, /can hold 1900000000/)
  }
})

test('missing packages are named, with how to install them', async () => {
  const failed = (options: object) =>
    createTfjsBackend(options).then(
      () => 'nothing failed',
      ({ code, message }) => `${code} ${message}`,
    )
  assert.match(
    await failed({ use: 'tpu' }),
    /^UNSUPPORTED .*npm install @tensorflow\/tfjs-backend-tpu/,
  )
  assert.match(await failed({ tf: {} }), /^ARGUMENT tf must be the namespace/)
})

async function compare(backend: Backend, program: Program, what: string): Promise<void> {
  const pixels = pixelsOf(program)
  const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
  const model = backend.createModel(program.weights)
  const found = await runAll(model, program, pixels, BOUND)
  model.dispose()
  for (const [value, reference] of Object.entries(expected)) {
    const error = worst(found[value]!, reference)
    assert.ok(error < BOUND, `${what} ${value}: off by ${error}`)
  }
}

test.run()
