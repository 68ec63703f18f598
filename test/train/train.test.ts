import { rename } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timm } from '../../src/families/vit/names/timm.ts'
import { encodePNG } from '../../src/image/encode.ts'
import { ArgumentError, load } from '../../src/index.ts'
import { DatasetError } from '../../src/train/data/errors.ts'
import { type TrainEvent, type TrainResult, train } from '../../src/train/train.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { random } from '../random.ts'
import { type Bytes, withFolder } from './data/made.ts'

/** Noise that is mostly red or mostly blue. */
async function picture(colour: 'red' | 'blue', seed: number): Promise<Bytes> {
  const next = random(seed)
  const data = new Uint8Array(14 * 10 * 3).map((_, i) => {
    const strong = i % 3 === (colour === 'red' ? 0 : 2)
    return Math.floor(next() * 80 + (strong ? 150 : 20))
  })
  return Uint8Array.from(await encodePNG({ width: 14, height: 10, data }))
}

async function pictures(count: number): Promise<Record<string, Bytes | string>> {
  const files: Record<string, Bytes | string> = {}
  for (let i = 0; i < count; i++) {
    for (const colour of ['red', 'blue'] as const) {
      files[`train/${colour}/${i}.png`] = await picture(colour, i)
      if (i < 4) files[`test/${colour}/${i}.png`] = await picture(colour, 1000 + i)
    }
  }
  return files
}

const checkpoint = await asSafetensors(tensorsOf(timm, smallConfig))

const options = {
  totalSteps: 40,
  batch: 6,
  baseLr: 0.1,
  warmupSteps: 2,
  evalEvery: 20,
  augment: 'crop',
  load: { backend: 'reference', config: { heads: 2 } },
  onNotice() {},
} as const

async function run(folder: string, more: object = {}) {
  const events: TrainEvent[] = []
  const training = train(checkpoint, folder, { ...options, ...more })
  for (;;) {
    const { value, done } = await training.next()
    if (done) return { events, result: value as TrainResult }
    events.push(value as TrainEvent)
  }
}

test('a model learns two classes of a folder, and its file just loads', async () => {
  await withFolder(await pictures(12), async (folder) => {
    const { events, result } = await run(folder)
    const steps = events.filter((event) => event.type === 'step')
    assert.is(steps.length, 40)
    assert.ok(steps.at(-1)!.loss < steps[0]!.loss / 2, `${steps.map(({ loss }) => loss)}`)
    assert.equal(
      events.filter((event) => event.type === 'evaluation').map(({ step }) => step),
      [20, 40],
    )
    assert.is(result.test?.pictures, 8)
    assert.is(result.test?.accuracy, 1)
    assert.equal(result.labels, ['blue', 'red'])
    using model = await load(result.model)
    for (const colour of ['red', 'blue'] as const) {
      const [best] = await model.classify(await picture(colour, 77))
      assert.is(best!.label, colour)
    }
  })
})

test('the same seed gives the same bits', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const one = await run(folder, { totalSteps: 3, seed: 5 })
    const other = await run(folder, { totalSteps: 3, seed: 5 })
    assert.equal(one.result.model, other.result.model)
    const another = await run(folder, { totalSteps: 3, seed: 6 })
    assert.not.equal(one.result.model, another.result.model)
  })
})

for (const optimizer of ['sgd', 'adamw'] as const) {
  test(`a run that goes on from a saved state ends with the same bits: ${optimizer}`, async () => {
    await withFolder(await pictures(5), async (folder) => {
      const recipe = { totalSteps: 6, evalEvery: 0, checkpointEvery: 3, optimizer }
      const whole = await run(folder, recipe)
      const saved = whole.events.filter((event) => event.type === 'checkpoint')
      assert.equal(
        saved.map(({ step }) => step),
        [3, 6],
      )
      const resumed = await run(folder, { ...recipe, resume: saved[0]!.state })
      assert.equal(
        resumed.events.flatMap((event) => (event.type === 'step' ? [event.step] : [])),
        [4, 5, 6],
      )
      assert.equal(resumed.result.model, whole.result.model)
      const other = run(folder, { ...recipe, seed: 9, resume: saved[0]!.state })
      await rejects(other, ArgumentError, /seed/)
    })
  })
}

test('only what is trained changes', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const before = new Map(tensorsOf(timm, smallConfig).map(({ name, values }) => [name, values]))
    for (const trained of ['head', 1, 'all'] as const) {
      const { result } = await run(folder, { totalSteps: 3, trained })
      const { openCheckpoint } = await import('../../src/checkpoint/read/open.ts')
      const file = await openCheckpoint(result.model)
      for (const [name, values] of before) {
        if (name.startsWith('head.')) continue
        const after: number[] = []
        for await (const part of file.read(name)) after.push(...part)
        const changed = after.some((value, i) => value !== values[i])
        const isTrained = trained === 'all' || (trained === 1 && /^(blocks\.1\.|norm\.)/.test(name))
        assert.is(changed, isTrained, `${trained}: ${name}`)
      }
      await file.close()
    }
  })
})

test('damaged pictures are left out of a run, counted and named; a class of them ends it', async () => {
  const files = await pictures(5)
  const names = [0, 1].flatMap((i) => [`train/blue/${i}.png`, `train/red/${i}.png`]).sort()
  for (const name of names) files[name] = (files[name] as Bytes).subarray(0, 60)
  await withFolder(files, async (folder) => {
    const { result } = await run(folder, { totalSteps: 4 })
    assert.equal(result.unusable.map(({ name }) => name).sort(), names)
    await rejects(run(folder, { totalSteps: 4, strict: true }), DatasetError, /can't be used/)
  })
  for (const i of [2, 3, 4]) files[`train/red/${i}.png`] = 'no picture'
  await withFolder(files, (folder) =>
    rejects(run(folder, { totalSteps: 40 }), DatasetError, /of the class "red"/).then(() => {}),
  )
})

test('a folder that vanishes in the middle of a run ends it; the last state stays good', async () => {
  await withFolder(await pictures(6), async (folder) => {
    const recipe = { totalSteps: 12, cacheBytes: 0, evalEvery: 0, checkpointEvery: 1 }
    const whole = await run(folder, recipe)
    const training = train(checkpoint, folder, { ...options, ...recipe })
    const states: Uint8Array[] = []
    const hidden = `${folder} elsewhere`
    const broken = async () => {
      for await (const event of training) {
        if (event.type !== 'checkpoint') continue
        if (states.push(event.state) === 2) await rename(folder, hidden)
      }
    }
    await rejects(broken(), DatasetError, /The folder .* of the data set vanished/)
    await rename(hidden, folder)
    const resumed = await run(folder, { ...recipe, resume: states.at(-1) })
    assert.equal(resumed.result.model, whole.result.model)
  })
})

test.run()
