import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model } from '../../../../src/backends/backend.ts'
import { createWasmTrainingBackend } from '../../../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { ArgumentError, UnsupportedError } from '../../../../src/errors.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../../src/program/passes/rows.ts'
import { gradientName, withGradients } from '../../../../src/program/training/gradients.ts'
import type { TrainingProgram } from '../../../../src/program/training/operations.ts'
import { gaussian, writeRandomWeights } from '../../../random.ts'
import { configs } from '../../configs.ts'
import { runnable, trainingBackend } from './runnable.ts'

const [build] = runnable
const config = { ...configs['class token, erf']!, imageSize: [160, 144] as const, depth: 3 }
const images = 3
const program = withoutUnusedRows(withOutputs(vitProgram(config), ['logits']))
const gradients = (adds: boolean) =>
  withGradients(program, { trains: () => true, share: 1 / images, adds })
const [replacing, adding] = [gradients(false), gradients(true)]
const gradientNames = replacing.updates.map(({ weight }) => replacing.weights[weight]!.name)

const valuesOf = ([rows, columns]: readonly [number, number]) => images * rows * columns
const pixelCount = valuesOf(program.values[program.inputs.pixels!]!.shape)
const classes = valuesOf(program.values[program.outputs.logits!]!.shape) / images
const inputs = {
  pixels: gaussian(1, pixelCount),
  targets: Float32Array.from({ length: images * classes }, (_, i) => Number(i % classes === 1)),
}

async function createModel(threads = 1): Promise<Model> {
  const model = (await trainingBackend(build!, threads)).createModel(replacing.weights)
  writeRandomWeights(model, program.weights)
  return model
}

const train = (model: Model, training: TrainingProgram) =>
  model.compileTraining!(training, { images })

type ErrorType = new (...args: never[]) => Error

async function rejects(work: () => Promise<unknown>, type: ErrorType): Promise<void> {
  const error = await work().then(
    () => undefined,
    (error) => error,
  )
  assert.instance(error, type)
}

async function readAll(model: Model, names = gradientNames): Promise<Float32Array[]> {
  return Promise.all(names.map((name) => model.read!(name)))
}

test('what is read is what was written', async () => {
  const model = await createModel()
  for (const { name, shape } of program.weights) {
    const values = gaussian(name.length, shape[0] * shape[1])
    model.write(name, wholeRegion(shape), 0, values)
    assert.equal(await model.read!(name), values, name)
  }
  await rejects(() => model.read!('nothing'), ArgumentError)
})

test('the same bits on one, two and three threads, in the first run and in later ones', async () => {
  let expected: Float32Array[] | undefined
  for (const threads of [1, 2, 3]) {
    const model = await createModel(threads)
    const executable = train(model, replacing)
    for (let run = 0; run < 3; run++) {
      await executable.run(inputs)
      const found = await readAll(model)
      expected ??= found
      assert.equal(found, expected, `${threads} threads, run ${run}`)
    }
    model.dispose()
  }
})

// Sums of a thousand products in another order: they begin with what is there.
test('gradients are added to those of earlier runs', async () => {
  const model = await createModel()
  await train(model, replacing).run(inputs)
  const once = await readAll(model)
  await train(model, adding).run(inputs)
  const twice = await readAll(model)
  twice.forEach((gradient, at) => {
    const largest = once[at]!.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3)
    gradient.forEach((value, i) => {
      assert.ok(Math.abs(value - 2 * once[at]![i]!) <= 1e-5 * largest, gradientNames[at])
    })
  })
})

test('programs of inference run on the same weights, between runs of training and while these wait', async () => {
  const model = await createModel(2)
  const inference = model.compile(program, { images })
  const training = train(model, replacing)
  const { pixels } = inputs
  const before = await inference.run({ pixels })
  const [trained, beside] = await Promise.all([
    training.run(inputs),
    inference.run({ pixels }),
    training.run(inputs),
  ])
  assert.equal(beside, before)
  assert.equal(trained.logits, before.logits)
  const { name, shape } = program.weights.at(-1)!
  model.write(name, wholeRegion(shape), 0, new Float32Array(shape[0] * shape[1]).fill(3))
  const after = await inference.run({ pixels })
  assert.not.equal(after, before)
  assert.equal((await training.run(inputs)).logits, after.logits)
})

test('weights that a stopped run has left half updated are refused until they are replaced', async () => {
  for (const threads of [1, 2]) {
    const model = await createModel(threads)
    const whole = await train(model, replacing).run(inputs)
    const expected = await readAll(model)
    const abort = new AbortController()
    const stopped = train(model, adding).run(inputs, { signal: abort.signal })
    // It begins before other tasks, and with one thread its first slice ends before others too.
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    abort.abort()
    await rejects(() => stopped, DOMException)
    await rejects(() => model.read!(gradientNames[0]!), ArgumentError)
    await rejects(() => train(model, adding).run(inputs), ArgumentError)
    assert.equal(await train(model, replacing).run(inputs), whole)
    assert.equal(await readAll(model), expected)
    model.dispose()
  }
})

test('a run that is stopped before it begins changes nothing', async () => {
  const model = await createModel()
  const training = train(model, replacing)
  await training.run(inputs)
  const expected = await readAll(model)
  await rejects(
    () => train(model, adding).run(inputs, { signal: AbortSignal.abort() }),
    DOMException,
  )
  assert.equal(await readAll(model), expected)
})

test('writing during a run is refused, and so are programs with weights that the model does not have', async () => {
  const model = await createModel()
  const { name, shape } = program.weights[0]!
  const running = train(model, replacing).run(inputs)
  const write = () =>
    model.write(name, wholeRegion(shape), 0, new Float32Array(shape[0] * shape[1]))
  assert.throws(write, (error: Error) => error instanceof ArgumentError)
  await running
  write()
  const without = (await trainingBackend(build!)).createModel(program.weights)
  assert.throws(
    () => train(without, replacing),
    (error: Error) => error instanceof ArgumentError,
  )
  const updates = [{ weight: 0, value: replacing.updates[0]!.value, adds: false }]
  const same = { ...replacing, updates: [...replacing.updates, ...updates] }
  assert.throws(() => train(model, same), /reads .* and updates it/)
})

test('only f32, and only kernels for training', async () => {
  for (const dtype of ['int8', 'int16', 'f16'] as const) {
    await rejects(() => createWasmTrainingBackend({ dtype }), UnsupportedError)
  }
  await rejects(() => createWasmTrainingBackend({ kernels: 'simd16' }), ArgumentError)
  assert.equal(gradientNames.includes(gradientName(program.weights[0]!.name)), true)
})

test.run()
