import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Trainer } from '../../src/train/trainer.ts'
import { sharedF32, sharedTest } from '../shared.ts'
import { folder, golden, preparedFor, samplesOf } from './fine-tuning-curve.ts'

/** A hundred updates take minutes. */
const longTest = process.env.VITRINE_TEST_ALL ? sharedTest : test.skip

sharedTest('training pictures and positions are those of the release', async () => {
  const { config } = golden()
  const expected = sharedF32(`${folder}/first_images.f32le.bin`)
  const samples = await samplesOf('train', 0, 2, config.image_size)
  const pixels = samples.flatMap((sample) => [...sample.pixels])
  assert.equal(Float32Array.from(pixels), expected)
  const { trainer } = await preparedFor(golden(), { accumulator: 'bfloat16', threads: 1 })
  const position = await trainer.model.read!('position')
  const off = sharedF32(`${folder}/posembed_4x4.f32le.bin`).map((x, i) =>
    Math.abs(x - position[i]!),
  )
  assert.is(off.length, position.length)
  assert.ok(Math.max(...off) < 1e-8, `positions are off by ${Math.max(...off)}`)
  trainer.dispose()
})

sharedTest('the first 20 of 100 updates follow the release', async () => {
  const trainer = await follows('bf16', 20)
  trainer.dispose()
})

for (const mode of ['bf16', 'f32'] as const) {
  longTest(`100 updates follow the release, and the accuracy: ${mode}`, async () => {
    const trainer = await follows(mode, golden().config.total_steps)
    const accuracy = await accuracyOf(trainer)
    assert.ok(accuracy >= 0.75 && accuracy <= 0.81, `accuracy ${accuracy}`)
    trainer.dispose()
  })
}

/**
 * Trains, and compares losses with the release's run of the same type of accumulator: equal at first, then as close as
 * two correct runs are that round differently.
 */
async function follows(mode: 'bf16' | 'f32', count: number): Promise<Trainer> {
  const { config, runs } = golden()
  const accumulator = mode === 'bf16' ? 'bfloat16' : 'float32'
  const { trainer } = await preparedFor(golden(), { accumulator, threads: 2 })
  // In float32 rounding decides: among five runs of ours, with other numbers of pictures computed together or on another
  // engine, losses part by up to 1.3 % in the first 20 updates and by 0.020 to 0.038 in the mean of all; from the
  // release's by as much. Rounding the accumulator to bfloat16 keeps runs closer together.
  const [bound, meanBound] = mode === 'bf16' ? [0.01, 0.03] : [0.02, 0.05]
  const ratios: number[] = []
  for (const [i, expected] of runs[mode].steps.slice(0, count).entries()) {
    const first = i * config.batch
    const batch = await samplesOf('train', first, config.batch, config.image_size)
    const { loss, learningRate } = await trainer.step(batch)
    const what = `${mode}, update ${i + 1}: loss ${loss}, not ${expected.loss}`
    if (process.env.VERBOSE) console.log(what)
    assert.ok(Math.abs(learningRate - expected.lr) <= 2e-7 * expected.lr, `rate ${learningRate}`)
    const ratio = loss / expected.loss
    if (i < 15) assert.ok(Math.abs(loss - expected.loss) < 1e-4, what)
    if (i < 20) assert.ok(Math.abs(ratio - 1) < bound, what)
    ratios.push(Math.abs(Math.log(ratio)))
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
  assert.ok(mean <= meanBound, `${mode}: losses part by ${mean} in the mean`)
  return trainer
}

/** The share of 1,000 test pictures that is right. */
async function accuracyOf(trainer: Trainer): Promise<number> {
  const samples = await samplesOf('test', 0, 1000, golden().config.image_size)
  const logits = await trainer.logits(samples.map(({ pixels }) => pixels))
  const right = samples.filter(({ label }, i) => {
    const own = logits.subarray(i * 10, (i + 1) * 10)
    return own.indexOf(Math.max(...own)) === label
  })
  return right.length / samples.length
}

test.run()
