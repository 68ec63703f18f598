import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { official as officialHybrid } from '../../../src/families/hybrid/names/official.ts'
import { official as officialMixer } from '../../../src/families/mixer/names/official.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { ArgumentError, FormatError, load, UnsupportedError } from '../../../src/index.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { createHeadTrainer } from '../../../src/train/head/create.ts'
import type { HeadTrainer } from '../../../src/train/head/head-trainer.ts'
import type { HeadTrainOptions } from '../../../src/train/head/recipe.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { hybridTensors, mixerTensors, smallHybrid, smallMixer } from '../../checkpoint/networks.ts'
import { random } from '../../random.ts'
import { sharedBytes, sharedTest } from '../../shared.ts'

const model = await asSafetensors(
  tensorsOf(timm, smallConfig),
  ownMetadata({ config: smallConfig, recipe: 'official' }),
)

/** Noise that is mostly of one colour. */
function picture(colour: 'red' | 'green' | 'blue', seed: number) {
  const next = random(seed)
  const strong = { red: 0, green: 1, blue: 2 }[colour]
  const data = Uint8Array.from({ length: 14 * 10 * 3 }, (_, i) =>
    Math.floor(next() * 80 + (i % 3 === strong ? 150 : 20)),
  )
  return { width: 14, height: 10, data }
}

async function fill(
  trainer: HeadTrainer,
  colours: readonly ('red' | 'green' | 'blue')[],
  count: number,
) {
  for (let i = 0; i < count; i++) {
    for (const colour of colours) {
      await trainer.add(picture(colour, i), colour, { id: `${colour}/${i}` })
    }
  }
}

/** For features of a model with random weights. */
const recipe = { totalSteps: 60, baseLr: 0.1, batch: 8 } as const

async function trained(trainer: HeadTrainer, options: HeadTrainOptions = recipe) {
  const progress = []
  for await (const one of trainer.train(options)) progress.push(one)
  return progress
}

test('a head learns three classes, and the exported file answers as the trainer does', async () => {
  using trainer = await createHeadTrainer(model)
  await fill(trainer, ['red', 'green', 'blue'], 10)
  assert.equal(trainer.labels, ['red', 'green', 'blue'])
  assert.is(trainer.examples.length, 30)
  const progress = await trained(trainer, { ...recipe, evalEvery: 20 })
  assert.is(progress.length, 60)
  assert.equal(
    progress.flatMap(({ step, evaluation }) => (evaluation ? [step] : [])),
    [20, 40, 60],
  )
  const { evaluation, loss } = progress.at(-1)!
  assert.ok(loss < progress[0]!.loss / 2, `${loss}`)
  // A tenth of each class.
  assert.is(evaluation!.pictures, 3)
  assert.is(evaluation!.accuracy, 1)
  assert.is((await trainer.evaluate('all')).pictures, 30)
  using exported = await load(await trainer.export())
  assert.equal(exported.labels, ['red', 'green', 'blue'])
  for (const colour of ['red', 'green', 'blue'] as const) {
    const own = await trainer.classify(picture(colour, 99))
    const others = await exported.classify(picture(colour, 99))
    assert.is(own[0]!.label, colour)
    for (const [i, { label, probability }] of own.entries()) {
      assert.is(others[i]!.label, label)
      assert.ok(Math.abs(others[i]!.probability - probability) < 1e-5)
    }
  }
})

for (const [name, source] of [
  [
    'a distilled ViT',
    async () => {
      const config = { ...smallConfig, distilled: true }
      return asSafetensors(tensorsOf(timm, config), ownMetadata({ config, recipe: 'official' }))
    },
  ],
  [
    'a hybrid',
    async () =>
      asSafetensors(
        hybridTensors(officialHybrid),
        ownMetadata({ config: smallHybrid, recipe: 'official' }),
      ),
  ],
  [
    'a Mixer',
    async () =>
      asSafetensors(
        mixerTensors(officialMixer),
        ownMetadata({ config: smallMixer, recipe: 'official' }),
      ),
  ],
] as const) {
  test(`${name}: the file with its new head answers as the trainer does`, async () => {
    using trainer = await createHeadTrainer(await source())
    await fill(trainer, ['red', 'blue'], 6)
    await trained(trainer)
    using exported = await load(await trainer.export())
    const [best] = await trainer.classify(picture('blue', 5))
    const [same] = await exported.classify(picture('blue', 5))
    assert.is(same!.label, best!.label)
    assert.ok(Math.abs(same!.probability - best!.probability) < 1e-5)
  })
}

test('the same pictures give the same head, however they were added', async () => {
  const heads: Uint8Array[] = []
  for (const isTogether of [true, false]) {
    using trainer = await createHeadTrainer(model)
    if (isTogether) {
      const samples = Array.from({ length: 12 }, (_, i) => {
        const label = i % 2 ? ('red' as const) : ('blue' as const)
        return { image: picture(label, i), label }
      })
      for await (const { error } of trainer.addAll(samples)) assert.is(error, undefined)
    } else {
      for (let i = 0; i < 12; i++) {
        const label = i % 2 ? 'red' : 'blue'
        await trainer.add(picture(label, i), label)
      }
    }
    await trained(trainer)
    heads.push(await trainer.export())
  }
  assert.ok(Buffer.from(heads[0]!).equals(heads[1]!))
})

test('a saved project goes on with more classes and pictures', async () => {
  using first = await createHeadTrainer(model)
  await fill(first, ['red', 'blue'], 8)
  await trained(first)
  const project = await first.save()
  using second = await createHeadTrainer(model, { project })
  assert.equal(second.examples, first.examples)
  assert.equal(second.trainedLabels, ['red', 'blue'])
  const one = await first.classify(picture('red', 50))
  assert.equal(await second.classify(picture('red', 50)), one)
  await fill(second, ['green'], 8)
  await rejects(second.evaluate(), ArgumentError, /train it again/)
  await trained(second)
  assert.equal(second.trainedLabels, ['red', 'blue', 'green'])
  assert.is((await second.classify(picture('green', 50)))[0]!.label, 'green')
  // The first one trained from the same features ends with the same bits.
  await fill(first, ['green'], 8)
  await trained(first)
  assert.ok(Buffer.from(await second.export()).equals(await first.export()))
})

test('a model is exported that a server sends only from start to end', async () => {
  const server = createServer((_, response) => response.end(model))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    using trainer = await createHeadTrainer(`http://127.0.0.1:${port}/model.safetensors`)
    await fill(trainer, ['red', 'blue'], 3)
    await trained(trainer)
    using exported = await load(await trainer.export())
    assert.equal(exported.labels, ['red', 'blue'])
  } finally {
    server.close()
  }
})

test('a project of another model is refused, and what is none', async () => {
  using trainer = await createHeadTrainer(model)
  await fill(trainer, ['red', 'blue'], 2)
  const project = await trainer.save()
  const other = await asSafetensors(
    tensorsOf(timm, smallConfig, 4),
    ownMetadata({ config: smallConfig, recipe: 'official' }),
  )
  await rejects(createHeadTrainer(other, { project }), ArgumentError, /another model/)
  const larger = { imageSize: 16 }
  await rejects(createHeadTrainer(model, { project, load: larger }), ArgumentError, /another size/)
  await rejects(createHeadTrainer(model, { project: model }), FormatError, /no saved project/)
  const cut = project.slice()
  const at = Buffer.from(cut).indexOf('red/0')
  cut.set(Buffer.from('red/1'), at)
  await rejects(createHeadTrainer(model, { project: cut }), FormatError, /don't fit/)
})

test('pictures are taken away, and get other classes', async () => {
  using trainer = await createHeadTrainer(model, { labels: ['blue', 'red'] })
  await fill(trainer, ['red', 'blue'], 3)
  assert.equal(trainer.labels, ['blue', 'red'])
  trainer.relabel('red/0', 'green')
  assert.equal(trainer.labels, ['blue', 'red', 'green'])
  assert.ok(trainer.remove('red/1'))
  assert.not(trainer.remove('red/1'))
  assert.is(trainer.examples.length, 5)
  assert.ok(trainer.removeLabel('green'))
  assert.equal(trainer.labels, ['blue', 'red'])
  assert.is(trainer.examples.length, 4)
  // The same id again takes the place.
  await trainer.add(picture('blue', 9), 'blue', { id: 'blue/0' })
  assert.is(trainer.examples.length, 4)
  assert.throws(() => trainer.relabel('red/1', 'blue'), /no picture "red\/1"/)
})

test('bad pictures are named, and the others are used', async () => {
  using trainer = await createHeadTrainer(model)
  const samples = [
    { image: picture('red', 1), label: 'red', id: 'good' },
    { image: new TextEncoder().encode('no picture at all'), label: 'red', id: 'notes.txt' },
  ]
  const added = []
  for await (const one of trainer.addAll(samples)) added.push(one)
  assert.is(added[0]!.error, undefined)
  assert.is(added[1]!.id, 'notes.txt')
  assert.is(added[1]!.error!.code, 'FORMAT')
  assert.equal(trainer.examples, [{ id: 'good', label: 'red' }])
})

test('what can’t be trained on is said', async () => {
  using trainer = await createHeadTrainer(model, { labels: ['red', 'blue'] })
  await rejects(trained(trainer), DatasetError, /no pictures of "red", "blue"/)
  await rejects(trainer.classify(picture('red', 1)), ArgumentError, /no head yet/)
  await rejects(trainer.export(), ArgumentError, /no head yet/)
  await fill(trainer, ['red'], 2)
  await rejects(trained(trainer), DatasetError, /no pictures of "blue"/)
  trainer.removeLabel('blue')
  await rejects(trained(trainer), DatasetError, /one class/)
  await rejects(trainer.add(picture('red', 1), ''), ArgumentError, /named by a text/)
  await fill(trainer, ['blue'], 2)
  await rejects(trained(trainer, { baseLR: 1 } as HeadTrainOptions), ArgumentError, /baseLr/)
  const stream = new Blob([Uint8Array.from(model)]).stream()
  await rejects(createHeadTrainer(stream), ArgumentError, /only once/)
  const unpooled = { config: { classifier: 'unpooled' } } as const
  await rejects(createHeadTrainer(model, { load: unpooled }), UnsupportedError, /every token/)
})

test('an aborted training leaves the head before; a loop that is left keeps the new one', async () => {
  using trainer = await createHeadTrainer(model)
  await fill(trainer, ['red', 'blue'], 4)
  await trained(trainer)
  const before = await trainer.classify(picture('red', 9))
  const controller = new AbortController()
  const reason = new Error('enough')
  try {
    for await (const { step } of trainer.train({
      ...recipe,
      totalSteps: 100_000,
      signal: controller.signal,
    })) {
      if (step === 3) controller.abort(reason)
    }
    assert.unreachable()
  } catch (error) {
    assert.is(error, reason)
  }
  assert.equal(await trainer.classify(picture('red', 9)), before)
  for await (const { step } of trainer.train(recipe)) if (step === 2) break
  assert.not.equal(await trainer.classify(picture('red', 9)), before)
  assert.is((await trained(trainer)).length, 60)
})

test('two trainings at once are refused', async () => {
  using trainer = await createHeadTrainer(model)
  await fill(trainer, ['red', 'blue'], 4)
  const first = trainer.train(recipe)
  await first.next()
  await rejects(trained(trainer), ArgumentError, /already/)
  await first.return()
  await trained(trainer)
})

sharedTest('150 pictures of CIFAR-10 at 224 px teach a head its classes', async () => {
  const labels = ['airplane', 'automobile', 'bird', 'cat', 'deer']
  const [train, test] = ['train_10k', 'test_2k'].map((name) =>
    sharedBytes(`data/cifar10/${name}.bin`),
  )
  function* pictures(bytes: Uint8Array, most: number) {
    let found = 0
    for (let at = 0; found < most; at += 3073) {
      const label = labels[bytes[at]!]
      if (label === undefined) continue
      found++
      const planes = bytes.subarray(at + 1, at + 3073)
      const data = Uint8Array.from({ length: 3072 }, (_, i) => {
        return planes[(i % 3) * 1024 + Math.floor(i / 3)]!
      })
      yield { image: { width: 32, height: 32, data }, label }
    }
  }
  using trainer = await createHeadTrainer(undefined, { labels, load: { dtype: 'int8' } })
  for await (const { error } of trainer.addAll(pictures(train!, 150))) assert.is(error, undefined)
  await trained(trainer, {})
  let right = 0
  for (const { image, label } of pictures(test!, 60)) {
    right += Number((await trainer.classify(image))[0]!.label === label)
  }
  console.log(`${right} of 60 right`)
  assert.ok(right >= 48)
})

test.run()
