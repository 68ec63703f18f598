import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import type { Sample, Split } from '../../../src/train/data/dataset.ts'
import { type Drawn, drawPictures, type Place } from '../../../src/train/data/draw.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { noisePNG } from './made.ts'

const images = await Promise.all([1, 2, 3, 4, 5].map((seed) => noisePNG(seed, 12, 10)))

/** @param reading says when a picture is read */
function picturesOf(
  files: readonly Sample['image'][] = images,
  reading: (index: number) => Promise<void> = async () => {},
) {
  const split: Split = {
    size: files.length,
    name: (index) => `p${index}`,
    label: (index) => index % 2,
    async read(index) {
      await reading(index)
      return { name: `p${index}`, label: index % 2, image: files[index]! }
    },
  }
  return new Pictures(split)
}

const options = { seed: 3, augment: 'inception', size: [8, 8], recipe: RECIPES.official } as const

async function take(count: number, pictures: Pictures, more = {}): Promise<Drawn[]> {
  const drawn: Drawn[] = []
  for await (const one of drawPictures(pictures, { ...options, ...more })) {
    drawn.push(one)
    if (drawn.length === count) break
  }
  return drawn
}

test('an epoch has every picture once, in an order of its own, with its class', async () => {
  const drawn = await take(15, picturesOf())
  const epochs = [0, 5, 10].map((start) => drawn.slice(start, start + 5).map(({ name }) => name))
  for (const names of epochs) assert.equal([...names].sort(), ['p0', 'p1', 'p2', 'p3', 'p4'])
  assert.is(new Set(epochs.map((names) => names.join())).size, 3)
  for (const { name, label, pixels } of drawn) {
    assert.is(label, Number(name[1]) % 2)
    assert.is(pixels.length, 8 * 8 * 3)
  }
  const same = drawn.filter(({ name }) => name === 'p0')
  assert.not.equal(same[0]!.pixels, same[1]!.pixels)
})

test('going on from any place gives what would have come', async () => {
  const whole = await take(13, picturesOf())
  for (let cut = 1; cut < 12; cut++) {
    const from: Place = whole[cut - 1]!.next
    assert.equal(await take(13 - cut, picturesOf(), { from }), whole.slice(cut))
  }
})

test('what comes does not depend on how much is read ahead, or in which order it arrives', async () => {
  const whole = await take(12, picturesOf())
  let turns = 0
  const late = async () => {
    for (let i = turns++ % 5; i > 0; i--) await new Promise((resolve) => setImmediate(resolve))
  }
  for (const ahead of [1, 2, 30]) {
    assert.equal(await take(12, picturesOf(images, late), { ahead }), whole)
  }
})

test('no more pictures than allowed are read ahead', async () => {
  let reading = 0
  let most = 0
  const pictures = picturesOf(images, async () => {
    most = Math.max(most, ++reading)
    await new Promise((resolve) => setImmediate(resolve))
    reading--
  })
  await take(20, pictures, { ahead: 3 })
  assert.ok(most > 1 && most <= 3, `${most}`)
})

test('pictures that can not be decoded are skipped, and a run goes on behind them', async () => {
  const broken = images.map((image, i) => (i % 2 === 0 ? image.subarray(0, 50) : image))
  const pictures = picturesOf(broken)
  const drawn = await take(6, pictures)
  assert.ok(drawn.every(({ name }) => name === 'p1' || name === 'p3'))
  assert.equal(pictures.unusable.map(({ name }) => name).sort(), ['p0', 'p2', 'p4'])
  assert.equal(await take(3, picturesOf(broken), { from: drawn[2]!.next }), drawn.slice(3))
})

test('a data set of which nothing can be decoded is an error', async () => {
  const broken = images.map((image) => image.subarray(0, 50))
  await rejects(
    take(1, picturesOf(broken)),
    DatasetError,
    /None of the 5 training pictures .* p\d: /,
  )
  await rejects(take(1, picturesOf([])), DatasetError, /no training pictures/)
})

test('drawing ends when it is aborted', async () => {
  const controller = new AbortController()
  const drawing = drawPictures(picturesOf(), { ...options, signal: controller.signal })
  await drawing.next()
  controller.abort(new Error('enough'))
  try {
    for (let i = 0; i < 100; i++) await drawing.next()
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
})

test.run()
