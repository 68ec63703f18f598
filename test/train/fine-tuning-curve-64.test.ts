import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Matrix } from '../../src/backends/reference/matrix.ts'
import { runTraining } from '../../src/backends/reference/training/run.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { gradientName, withGradients } from '../../src/program/training/gradients.ts'
import { clipByGlobalNorm } from '../../src/train/recipe/optimizers/clip.ts'
import { updateSGD } from '../../src/train/recipe/optimizers/sgd.ts'
import { learningRate } from '../../src/train/recipe/schedule.ts'
import { sharedF32, sharedTest } from '../shared.ts'
import { folder, golden, preparedFor, samplesOf, scheduleOf } from './fine-tuning-curve.ts'

/** Three updates in plain TypeScript take minutes. */
const longTest = process.env.VITRINE_TEST_ALL ? sharedTest : test.skip

longTest('the first losses in float64 are those of the release', async () => {
  const { config, runs } = golden()
  const rate = learningRate(scheduleOf(golden()))
  const { trainer, program } = await preparedFor(golden(), { accumulator: 'float32', threads: 1 })
  const logits = withoutUnusedRows(withOutputs(program, ['logits']))
  const share = 1 / config.batch
  const training = withGradients(logits, { trains: () => true, share, adds: false })
  const weights = new Map<string, Matrix>(
    logits.weights.map(({ name, shape }) => [
      name,
      { shape, data: Float64Array.from(trainer.parameters.get(name)!) },
    ]),
  )
  trainer.dispose()
  weights.get('position')!.data.set(sharedF32(`${folder}/posembed_4x4.f32le.bin`))
  const names = logits.weights.map(({ name }) => name)
  const traces = names.map((name) => new Float64Array(weights.get(name)!.data.length))
  for (const [step, expected] of runs.f64.steps.slice(0, 3).entries()) {
    const samples = await samplesOf('train', step * config.batch, config.batch, config.image_size)
    const losses = runTraining(
      training,
      weights,
      samples.map(({ pixels, targets }) => ({ pixels, targets })),
    )
    const loss = losses.reduce((sum, { loss }) => sum + loss![0]!, 0) / config.batch
    assert.ok(Math.abs(loss - expected.loss) < 1e-9, `loss ${loss}, not ${expected.loss}`)
    const gradients = names.map((name) => weights.get(gradientName(name))!.data)
    const norm = clipByGlobalNorm(gradients, config.grad_norm_clip)
    assert.ok(Math.abs(norm / expected.grad_global_norm - 1) < 1e-9, `norm ${norm}`)
    names.forEach((name, i) => {
      const how = { learningRate: rate(step), momentum: config.momentum }
      updateSGD(weights.get(name)!.data, gradients[i]!, traces[i]!, how)
    })
  }
})

test.run()
