import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmTrainingBackend } from '../../../src/backends/wasm/training/backend.ts'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { encodePNG } from '../../../src/image/encode.ts'
import { load } from '../../../src/index.ts'
import type { TrainEvent, TrainResult } from '../../../src/train/events.ts'
import { prepare } from '../../../src/train/prepare.ts'
import { adamw } from '../../../src/train/recipe/optimizer.ts'
import { train } from '../../../src/train/train.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { random } from '../../random.ts'
import { type Bytes, withFolder } from '../data/made.ts'

const checkpoint = (config = smallConfig) =>
  asSafetensors(tensorsOf(timm, config), ownMetadata({ config, recipe: 'official' }))

const next = random(5)
const batch = Array.from({ length: 7 }, (_, i) => ({
  pixels: Float32Array.from({ length: 12 * 12 * 3 }, () => 2 * next() - 1),
  targets: Float32Array.from({ length: 3 }, (_, c) => Number(c === i % 3)),
}))

/** Trains a head for a few updates, on features or on pixels. */
async function head(divides: boolean, config = smallConfig) {
  const { trainer } = await prepare(await checkpoint(config), {
    ...{ backend: await createWasmTrainingBackend({ threads: 2 }), load: {}, classes: 3, divides },
    ...{ freeze: 'backbone', optimizer: adamw({ weightDecay: 0 }), clip: 1, together: 2 },
    learningRate: () => 0.01,
  })
  try {
    const samples = trainer.divides
      ? await Promise.all(
          batch.map(async ({ pixels, targets }) => {
            return { pixels: await trainer.features(pixels), targets }
          }),
        )
      : batch
    const pixels = batch.map(({ pixels }) => pixels)
    if (trainer.divides) {
      const logits = await trainer.logitsOf(samples.map(({ pixels }) => pixels))
      assert.equal(logits, await trainer.logits(pixels))
    }
    const losses: number[] = []
    for (let i = 0; i < 20; i++) losses.push((await trainer.step(samples)).loss)
    const parameters = new Map([...trainer.parameters].map(([name, own]) => [name, own.slice()]))
    return { losses, parameters, divides: trainer.divides }
  } finally {
    trainer.dispose()
  }
}

test('a head learns the same from features as from pixels', async () => {
  const [slow, fast] = [await head(false), await head(true)]
  assert.equal([slow.divides, fast.divides], [false, true])
  assert.ok(slow.losses.at(-1)! < slow.losses[0]!)
  slow.losses.forEach((loss, i) => {
    assert.ok(Math.abs(loss - fast.losses[i]!) <= 1e-6 * loss, `${i}: ${loss} ${fast.losses[i]}`)
  })
  for (const [name, values] of slow.parameters) {
    const others = fast.parameters.get(name)!
    const norm = Math.hypot(...values)
    assert.ok(norm > 0, name)
    assert.ok(Math.hypot(...values.map((value, i) => value - others[i]!)) <= 1e-5 * norm, name)
  }
})

test('a head that reads two tokens is trained on pixels', async () => {
  const { divides, losses } = await head(true, { ...smallConfig, distilled: true })
  assert.not(divides)
  assert.ok(losses.at(-1)! < losses[0]!)
})

async function picture(colour: 'red' | 'blue', seed: number): Promise<Bytes> {
  const next = random(seed)
  const data = Uint8Array.from({ length: 14 * 10 * 3 }, (_, i) =>
    Math.floor(next() * 80 + (i % 3 === (colour === 'red' ? 0 : 2) ? 150 : 20)),
  )
  return Uint8Array.from(await encodePNG({ width: 14, height: 10, data }))
}

async function run(folder: string, more: object) {
  const events: TrainEvent[] = []
  const states: Uint8Array[] = []
  const training = train(await checkpoint(), folder, { freeze: 'backbone', ...more })
  for (;;) {
    const { value, done } = await training.next()
    if (done) return { events, states, result: value as TrainResult }
    events.push(value as TrainEvent)
    if (value.type === 'checkpoint') states.push(await collectBytes(value.state))
  }
}

test('train() keeps features of a frozen model, and goes on with the same bits', async () => {
  const files: Record<string, Bytes> = {}
  for (let i = 0; i < 10; i++) {
    for (const colour of ['red', 'blue'] as const) {
      files[`${i < 7 ? 'train' : 'test'}/${colour}/${i}.png`] = await picture(colour, i)
    }
  }
  await withFolder(files, async (folder) => {
    // The rate is for random weights; all else is the recipe of heads.
    const recipe = { totalSteps: 30, baseLr: 0.1, evalEvery: 10, checkpointEvery: 12 }
    const whole = await run(folder, recipe)
    assert.is(whole.result.test!.accuracy, 1)
    const steps = whole.events.filter((event) => event.type === 'step')
    // No warm-up.
    assert.is(steps[0]!.learningRate, Math.fround(0.1))
    const resumed = await run(folder, { ...recipe, resume: whole.states[0] })
    assert.is(resumed.events.filter((event) => event.type === 'step').length, 18)
    assert.ok(Buffer.from(resumed.result.model).equals(whole.result.model))
    using model = await load(whole.result.model)
    assert.is((await model.classify(await picture('blue', 99)))[0]!.label, 'blue')
  })
})

test('random changes make features of their own', async () => {
  const files: Record<string, Bytes> = {}
  for (let i = 0; i < 4; i++) {
    for (const colour of ['red', 'blue'] as const) {
      files[`${colour}/${i}.png`] = await picture(colour, i)
    }
  }
  await withFolder(files, async (folder) => {
    const recipe = { totalSteps: 6, batch: 4, evalEvery: 0 }
    const plain = await run(folder, recipe)
    const cropped = await run(folder, { ...recipe, augment: 'crop' })
    assert.not(Buffer.from(plain.result.model).equals(cropped.result.model))
  })
})

test.run()
