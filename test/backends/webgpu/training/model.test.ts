import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { watchDevices } from '../../../../bench/scripts/null-device/watch-devices.ts'
import { createWebgpuTrainingBackend } from '../../../../src/backends/webgpu/training/backend.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { ArgumentError, GpuError, UnsupportedError } from '../../../../src/errors.ts'
import { programOf } from '../../../../src/families/architectures.ts'
import { variantConfigOf } from '../../../../src/families/published.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../../src/program/passes/rows.ts'
import { withGradients } from '../../../../src/program/training/gradients.ts'
import { rejects } from '../../../checkpoint/collect.ts'
import { gaussian } from '../../../random.ts'
import {
  batchOf,
  compareWithWasm,
  runTrainer,
  startTrainer,
  type TrainedPart,
  trainedParts,
  underWay,
} from '../../training-run.ts'
import { lavapipe, nullDevice, swiftshader } from '../adapters.ts'

const real = lavapipe ?? swiftshader
if (!real) console.log('skipping training on a GPU: there is no software GPU')
const gpuTest = real ? test : test.skip

gpuTest('three updates are those of WebAssembly, and leave no buffers', async () => {
  const { buffers } = watchDevices()
  const backend = await createWebgpuTrainingBackend(real)
  for (const part of Object.keys(trainedParts) as TrainedPart[]) {
    const trainer = await startTrainer(backend, part)
    const left: number[] = []
    const found = await runTrainer(trainer, () => void left.push(buffers.size))
    assert.is(new Set(left).size, 1, `${part}: ${left}`)
    await compareWithWasm(found, part, 1e-5)
    trainer.dispose()
    assert.is(buffers.size, 0, part)
  }
  backend.dispose!()
})

gpuTest('what is read is what was written; not during a run', async () => {
  const backend = await createWebgpuTrainingBackend(real)
  const trainer = await startTrainer(backend, 'head')
  const { model } = trainer
  const values = gaussian(3, 48 * 10)
  model.write('head.kernel', wholeRegion([48, 10]), 0, values)
  assert.equal(await model.read!('head.kernel'), values)
  await rejects(model.read!('nothing'), ArgumentError, /no weight "nothing"/)
  const running = trainer.step(batchOf(1))
  await underWay()
  const write = () => model.write('head.bias', wholeRegion([1, 10]), 0, new Float32Array(10))
  assert.throws(write, (error: Error) => error instanceof ArgumentError)
  await running
  write()
  trainer.dispose()
  backend.dispose!()
})

gpuTest(
  'a device may be lost in a run, or while gradients are read or parameters written',
  async () => {
    for (const submits of [1, 2, 3, 4]) {
      const backend = await createWebgpuTrainingBackend(real)
      const trainer = await startTrainer(backend, 'head')
      await trainer.step(batchOf(1))
      const before = [...trainer.parameters.values()].map((values) => values.slice())
      const { queue } = backend.device as GPUDevice
      const submit = queue.submit.bind(queue)
      let left = submits
      queue.submit = (commands) => {
        submit(commands)
        left--
        if (left === 0) (backend.device as GPUDevice).destroy()
      }
      await rejects(trainer.step(batchOf(2)), GpuError, /lost .*go on from that state/)
      assert.is(trainer.steps, 1)
      assert.equal([...trainer.parameters.values()], before, `after ${submits} submits`)
      trainer.dispose()
    }
  },
)

gpuTest('a device that is lost ends training: nothing goes on with other weights', async () => {
  const backend = await createWebgpuTrainingBackend(real)
  const trainer = await startTrainer(backend, 'head')
  await trainer.step(batchOf(1))
  const before = [...trainer.parameters.values()].map((values) => values.slice())
  const running = trainer.step(batchOf(2))
  ;(backend.device as GPUDevice).destroy()
  await rejects(running, GpuError, /lost .*go on from that state/)
  assert.is(trainer.steps, 1)
  assert.equal([...trainer.parameters.values()], before)
  const { model } = trainer
  await rejects(trainer.step(batchOf(2)), GpuError, /lost/)
  await rejects(trainer.logits([batchOf(1)[0]!.pixels]), GpuError, /lost/)
  await rejects(model.read!('head.kernel'), GpuError, /lost/)
  await rejects(trainer.restore(trainer.parameters, 1), GpuError, /lost/)
  trainer.dispose()

  // The same between two runs, while nothing waits for the GPU.
  const other = await createWebgpuTrainingBackend(real)
  const idle = await startTrainer(other, 'head')
  await idle.step(batchOf(1))
  const device = other.device as GPUDevice
  device.destroy()
  await device.lost
  await rejects(idle.step(batchOf(2)), GpuError, /lost/)
  idle.dispose()
})

test('operations that have no kernels are named', async () => {
  const config = variantConfigOf('R50+ViT-B_16', {
    ...{ imageSize: [64, 64], units: [1, 1], stemWidth: 8, groups: 4 },
    ...{ width: 16, mlpWidth: 24, heads: 2, depth: 1, classes: 3 },
  })
  const whole = withoutUnusedRows(withOutputs(programOf(config), ['logits']))
  const training = withGradients(whole, { trains: () => true, share: 1, adds: false })
  const backend = await createWebgpuTrainingBackend(nullDevice)
  const model = backend.createModel(training.weights)
  const run = model.compileTraining!(training).run({
    pixels: new Float32Array(64 * 64 * 3),
    targets: new Float32Array(3),
  })
  await rejects(run, UnsupportedError, /(conv2d|group_norm)_backward/)
  model.dispose()
  backend.dispose!()
})

test.run()
