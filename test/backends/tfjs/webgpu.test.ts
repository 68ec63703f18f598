import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { importOptional } from '../../../src/backends/optional.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import type { Tfjs } from '../../../src/backends/tfjs/tf.ts'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { createTfjsTrainingBackend } from '../../../src/backends/tfjs/training/backend.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { gaussian } from '../../random.ts'
import { configs } from '../configs.ts'
import { compareWithWasm, runTrainer, startTrainer } from '../training-run.ts'
import { runAll, worst } from '../values.ts'
import { lavapipe } from '../webgpu/adapters.ts'
import { compareOperations } from './operations.ts'

// TensorFlow.js is written for pages; Dawn's names make one of this process.
const add = lavapipe ? test : test.skip
// Other tests in this process look for the GPU of a page too, and must not find this one.
const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
test.after(() => {
  if (before) Object.defineProperty(globalThis, 'navigator', before)
  else Reflect.deleteProperty(globalThis, 'navigator')
})

add('on WebGPU: plain operations, and own kernels on the device of TensorFlow.js', async () => {
  const { globals } = await importOptional<{ globals: object }>('webgpu', '')
  Object.assign(globalThis, globals)
  const value = { gpu: await findGpu(lavapipe!.dawn), userAgent: 'node' }
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true })
  const tf = (await import('@tensorflow/tfjs-core')).default as unknown as Tfjs
  const program = vitProgram(configs['class token, erf']!)
  const pixels = gaussian(7, 32 * 32 * 3)
  const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
  for (const kernels of ['plain', 'own'] as const) {
    const backend = await createTfjsBackend({ tf, use: 'webgpu', kernels })
    assert.is(/own kernels/.test(backend.description), kernels === 'own')
    const tensors = tf.memory().numTensors
    const model = backend.createModel(program.weights)
    const found = await runAll(model, program, pixels, 1e-4)
    for (const [name, values] of Object.entries(expected)) {
      assert.ok(worst(found[name]!, values) < 1e-4, `${kernels} ${name}`)
    }
    model.dispose()
    // Own kernels have a test of their own.
    if (kernels === 'plain') await compareOperations(backend, 1e-4)
    backend.dispose?.()
    assert.is(tf.memory().numTensors, tensors)
  }

  for (const kernels of ['plain', 'own'] as const) {
    const backend = await createTfjsTrainingBackend({ tf, use: 'webgpu', kernels })
    assert.is(/own kernels/.test(backend.description), kernels === 'own')
    const tensors = tf.memory().numTensors
    const trainer = await startTrainer(backend, 'all')
    await compareWithWasm(await runTrainer(trainer), 'all', 1e-5)
    trainer.dispose()
    backend.dispose?.()
    assert.is(tf.memory().numTensors, tensors)
  }
})

test.run()
