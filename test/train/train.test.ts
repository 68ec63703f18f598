import { rename } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { timm as hybridNames } from '../../src/families/hybrid/names/timm.ts'
import { timm as mixerNames } from '../../src/families/mixer/names/timm.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { ArgumentError, load } from '../../src/index.ts'
import { DatasetError } from '../../src/train/data/errors.ts'
import { train } from '../../src/train/train.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { hybridTensors, mixerTensors } from '../checkpoint/networks.ts'
import { type Bytes, withFolder } from './data/made.ts'
import { bytesOf, checkpoint, options, picture, pictures, readModel, run } from './runs.ts'

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
    const [first] = events
    assert.is(first?.type, 'start')
    if (first?.type === 'start') {
      assert.equal(first.labels, ['blue', 'red'])
      assert.equal(first.pictures, { train: 22, validation: 2, test: 8 })
      assert.equal([first.batch, first.totalSteps, first.evalEvery, first.done], [6, 40, 20, 0])
    }
    assert.equal(
      events.flatMap((event) =>
        event.type === 'evaluating' ? [[event.split, event.step, event.done, event.total]] : [],
      ),
      [
        ['validation', 20, 2, 2],
        ['validation', 40, 2, 2],
        ['test', 40, 8, 8],
      ],
    )
    assert.is(result.test?.pictures, 8)
    assert.is(result.test?.accuracy, 1)
    assert.equal(result.test?.confusion, [
      [4, 0],
      [0, 4],
    ])
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

const adapting = { lora: 2, ema: 0.9, optimizer: 'adamw', baseLr: 0.1 } as const

test('adapters and a head learn two classes, and what comes out has them merged', async () => {
  await withFolder(await pictures(12), async (folder) => {
    const { events, result } = await run(folder, adapting)
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []))
    assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses}`)
    using model = await load(result.model)
    let loss = 0
    for (let i = 0; i < 4; i++) {
      for (const colour of ['red', 'blue'] as const) {
        const classes = await model.classify(await picture(colour, 1000 + i))
        loss -= Math.log(classes.find(({ label }) => label === colour)!.probability) / 8
      }
    }
    assert.ok(Math.abs(loss - result.test!.loss) < 1e-5, `${loss}, ${result.test!.loss}`)
    const changed = await changedTensors(result.model)
    assert.ok(
      changed.every((name) => /attn\.qkv\.weight$/.test(name)),
      `${changed}`,
    )
    assert.is(changed.length, 2)
  })
})

test('a run with adapters and averages that goes on ends with the same bits', async () => {
  await withFolder(await pictures(5), async (folder) => {
    const recipe = { ...adapting, totalSteps: 6, evalEvery: 2, checkpointEvery: 3 }
    const whole = await run(folder, recipe)
    const resume = whole.states[0]!.bytes
    const resumed = await run(folder, { ...recipe, resume })
    assert.equal(resumed.result.model, whole.result.model)
    for (const other of [{ ema: undefined }, { ema: 0.8 }])
      await rejects(run(folder, { ...recipe, ...other, resume }), ArgumentError, /has ema 0.9/)
    await rejects(run(folder, { ...recipe, lora: 3, resume }), ArgumentError, /has lora/)
  })
})

test('an average is evaluated and comes out, and training goes on with the weights themselves', async () => {
  await withFolder(await pictures(6), async (folder) => {
    const recipe = { totalSteps: 5, evalEvery: 1, batch: 4 }
    const runs = []
    for (const ema of [undefined, 0, 0.9]) {
      const { events, result } = await run(folder, { ...recipe, ema })
      runs.push({ events, ...(await readModel(result.model)) })
    }
    const [plain, none, averaged] = runs.map(({ events, tensors }) => ({
      tensors,
      losses: events.flatMap((event) => (event.type === 'step' ? [event.loss] : [])),
      evaluated: events.flatMap((event) =>
        event.type === 'evaluation' ? [event.evaluation.loss] : [],
      ),
    }))
    assert.is(plain!.losses.length, 5)
    assert.equal(none, plain)
    assert.equal(averaged!.losses, plain!.losses)
    assert.not.equal(averaged!.evaluated, plain!.evaluated)
    assert.not.equal(averaged!.tensors, plain!.tensors)
  })
})

test('LoRA is refused beside a choice of what is trained, and where there is no attention', async () => {
  await withFolder(await pictures(2), async (folder) => {
    await rejects(run(folder, { lora: 2, freeze: 'backbone' }), ArgumentError, /leave out freeze/)
    await rejects(run(folder, { lora: 0 }), ArgumentError, /lora must be a rank/)
    await rejects(run(folder, { ema: 1 }), ArgumentError, /ema must be/)
    const mixer = await asSafetensors(mixerTensors(mixerNames))
    const training = train(mixer, folder, { ...options, load: { backend: 'reference' }, lora: 2 })
    await rejects(training.next(), ArgumentError, /no attention/)
  })
})

test('models of every family are trained, and what comes out just loads', async () => {
  const files = {
    vit: await asSafetensors(tensorsOf(timm, { ...smallConfig, representation: 6 })),
    mixer: await asSafetensors(mixerTensors(mixerNames)),
    hybrid: await asSafetensors(hybridTensors(hybridNames)),
  }
  await withFolder(await pictures(3), async (folder) => {
    for (const family of ['vit', 'mixer', 'hybrid'] as const) {
      const given = { ...options, totalSteps: 2, batch: 3, warmupSteps: 0 }
      const config = { vit: { heads: 2 }, mixer: {}, hybrid: { heads: 2, groups: 2 } }[family]
      const reading = { backend: 'reference', config } as const
      const training = train(files[family], folder, { ...given, load: reading })
      let last = await training.next()
      while (!last.done) last = await training.next()
      using model = await load(last.value.model)
      assert.is((await model.classify(await picture('red', 1))).length, 2, family)
    }
  })
})

/** The tensors of a trained model, without the head, that are not as they were. */
async function changedTensors(model: Uint8Array): Promise<string[]> {
  const file = await openCheckpoint(model)
  const changed: string[] = []
  for (const { name, values } of tensorsOf(timm, smallConfig)) {
    if (name.startsWith('head.')) continue
    const after: number[] = []
    for await (const part of file.read(name)) after.push(...part)
    if (after.some((value, i) => value !== values[i])) changed.push(name)
  }
  await file.close()
  return changed
}

test('only what is trained changes', async () => {
  await withFolder(await pictures(4), async (folder) => {
    for (const freeze of ['backbone', 1, 'none'] as const) {
      const { result } = await run(folder, { totalSteps: 3, freeze })
      const expected = tensorsOf(timm, smallConfig).flatMap(({ name }) => {
        const isTrained = freeze === 'none' || (freeze === 1 && /^(blocks\.1\.|norm\.)/.test(name))
        return isTrained && !name.startsWith('head.') ? [name] : []
      })
      assert.equal(await changedTensors(result.model), expected, `${freeze}`)
    }
  })
})

test('a file that comes out has the preprocessing that it was trained with', async () => {
  await withFolder(await pictures(3), async (folder) => {
    const preprocess = { mean: [0.1, 0.2, 0.3] as const, cropFraction: 0.5 }
    const load = { ...options.load, preprocess }
    const recipe = { totalSteps: 2, warmupSteps: 0, evalEvery: 1, checkpointEvery: 1 }
    const { result, models, states } = await run(folder, { ...recipe, load })
    const resume = states[0]!.bytes
    await rejects(run(folder, { ...recipe, resume }), ArgumentError, /has preprocess/)
    for (const bytes of [result.model, models[0]!.bytes]) {
      const file = await openCheckpoint(bytes)
      const { mean, cropFraction } = JSON.parse(file.metadata['vitrine.preprocess']!)
      await file.close()
      assert.equal({ mean, cropFraction }, preprocess)
    }
  })
})

test('damaged pictures are left out of a run, counted and named; a class of them ends it', async () => {
  const files: Record<string, Bytes | string> = { ...(await pictures(5)) }
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
        if (states.push(await bytesOf(event.state)) === 2) await rename(folder, hidden)
      }
    }
    await rejects(broken(), DatasetError, /The folder .* of the data set vanished/)
    await rename(hidden, folder)
    const resumed = await run(folder, { ...recipe, resume: states.at(-1) })
    assert.equal(resumed.result.model, whole.result.model)
  })
})

test.run()
