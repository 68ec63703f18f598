import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Tfjs } from '../../../../src/backends/tfjs/tf.ts'
import { createTfjsTrainingBackend } from '../../../../src/backends/tfjs/training/backend.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { ArgumentError, UnsupportedError } from '../../../../src/errors.ts'
import type { TrainingProgram } from '../../../../src/program/training/operations.ts'
import { openTrainingBackend } from '../../../../src/train/backend.ts'
import { rejects } from '../../../checkpoint/collect.ts'
import {
  batchOf,
  compareWithWasm,
  runTrainer,
  startTrainer,
  type TrainedPart,
  trainedParts,
  underWay,
} from '../../training-run.ts'

const tf = (await import('@tensorflow/tfjs-core')).default as unknown as Tfjs

for (const use of ['cpu', 'wasm'] as const) {
  test(`three updates are those of WebAssembly, and leave no tensors: ${use}`, async () => {
    for (const part of Object.keys(trainedParts) as TrainedPart[]) {
      const backend = await createTfjsTrainingBackend({ tf, use })
      const before = tf.memory().numTensors
      const trainer = await startTrainer(backend, part)
      const tensors: number[] = []
      const found = await runTrainer(trainer, () => void tensors.push(tf.memory().numTensors))
      assert.is(new Set(tensors).size, 1, `${part}: ${tensors}`)
      await compareWithWasm(found, part, 1e-5)
      trainer.dispose()
      assert.is(tf.memory().numTensors, before)
    }
  })
}

test('a run that is stopped changes nothing and leaves no tensors', async () => {
  const trainer = await startTrainer(await createTfjsTrainingBackend({ tf, use: 'cpu' }), 'all')
  await trainer.step(batchOf(1))
  const [name] = [...trainer.parameters.keys()].slice(-1)
  const gradient = await trainer.model.read!(`${name}.gradient`)
  const tensors = tf.memory().numTensors
  const abort = new AbortController()
  const stopped = trainer.step(batchOf(2), { signal: abort.signal })
  await underWay()
  abort.abort()
  assert.is(await stopped.catch(({ name }) => name), 'AbortError')
  assert.equal(await trainer.model.read!(`${name}.gradient`), gradient)
  assert.is(tf.memory().numTensors, tensors)
  assert.is(trainer.steps, 1)
  trainer.dispose()
})

test('weights are written whole once they are in use, and not during a run', async () => {
  const trainer = await startTrainer(await createTfjsTrainingBackend({ tf, use: 'cpu' }), 'head')
  const { model } = trainer
  const running = trainer.step(batchOf(1))
  await underWay()
  const values = new Float32Array(10)
  const write = (region = wholeRegion([1, 10]), some = values) =>
    model.write('head.bias', region, 0, some)
  assert.throws(write, (error: Error) => error instanceof ArgumentError)
  await running
  write()
  const part = { ...wholeRegion([1, 5]) }
  assert.throws(() => write(part, values.subarray(0, 5)), /write it whole/)
  // What is written is a copy.
  values.fill(7)
  assert.equal(await model.read!('head.bias'), new Float32Array(10))
  await rejects(model.read!('nothing'), ArgumentError, /no weight "nothing"/)
  trainer.dispose()
})

test('an operation that TensorFlow.js does not compute here is named', async () => {
  const backend = await createTfjsTrainingBackend({ tf, use: 'cpu' })
  const table = { name: 'table', shape: [3, 4], role: 'tokens' } as const
  const program: TrainingProgram = {
    values: [
      { name: 'ids', shape: [2, 1], type: 'i32' },
      { name: 'dy', shape: [2, 4], type: 'f32' },
      { name: 'table.gradient', shape: [3, 4], type: 'f32', shared: true },
    ],
    weights: [table, { ...table, name: 'table.gradient' }],
    ops: [
      {
        ...{ op: 'token_embedding_backward', ids: 0, outputGradient: 1, table: 0 },
        ...{ tableGradient: 2, positionGradient: undefined, segmentGradient: undefined },
      },
    ],
    inputs: { ids: 0, dy: 1 },
    outputs: {},
    updates: [{ weight: 1, value: 2, adds: false }],
  }
  const model = backend.createModel(program.weights)
  assert.throws(
    () => model.compileTraining!(program),
    (error: Error) =>
      error instanceof UnsupportedError && /token_embedding_backward/.test(error.message),
  )
  model.dispose()
})

test('the backend of a run is the one that is asked for, or an error', async () => {
  const { name, description } = await openTrainingBackend({
    backend: 'tfjs',
    tfjs: { tf, use: 'cpu' },
  })
  assert.is(name, 'tfjs')
  assert.match(description, /^training, TensorFlow.js 4.* on cpu/)
  assert.is((await openTrainingBackend({ threads: 1 })).name, 'wasm')
  await rejects(openTrainingBackend({ backend: 'auto' }), UnsupportedError, /auto does not train/)
  await rejects(
    openTrainingBackend({ backend: 'webgpu', webgpu: { dawn: ['backend=opengl'] } }),
    UnsupportedError,
    /found no GPU/,
  )
  await rejects(openTrainingBackend({ backend: 'webgpu', dtype: 'f16' }), UnsupportedError, /f16/)
})

test.run()
