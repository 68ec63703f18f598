import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timm } from '../../src/families/vit/names/timm.ts'
import { ArgumentError, load } from '../../src/index.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { gaussian } from '../random.ts'

const common = { config: { heads: 2 }, threads: 1, wide: false } as const
const bytes = await asSafetensors(tensorsOf(timm, smallConfig))
const vit = await load(bytes, common)
const size = 3 * smallConfig.imageSize[0] * smallConfig.imageSize[1]
const example = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../examples/${name}`, import.meta.url)))

function transfer(view: ArrayBufferView): void {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Whether it failed because its buffer was transferred; another error is a mistake. */
async function wasTransferred(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise
    return false
  } catch (error) {
    assert.instance(error, ArgumentError, String(error))
    assert.match((error as Error).message, 'transferred')
    return true
  }
}

test('an encoded image whose buffer is transferred while it is read', async () => {
  for (const name of ['chelsea.png', 'rocket.jpg']) {
    const expected = await vit.embed(example(name))
    const ends: boolean[] = []
    for (let turns = 0; turns < 12; turns++) {
      const image = example(name)
      const running = vit.embed(image)
      const ended = wasTransferred(running)
      for (let i = 0; i < turns; i++) await turn()
      transfer(image)
      ends.push(await ended)
      if (!ends.at(-1)) assert.equal(await running, expected)
    }
    assert.ok(ends[0], name)
  }
})

test('raw pixels are read at once, or not at all', async () => {
  const image = () => ({
    width: smallConfig.imageSize[1],
    height: smallConfig.imageSize[0],
    data: new Uint8Array(size).fill(77),
  })
  const expected = await vit.embed(image())
  const given = image()
  const running = vit.embed(given)
  transfer(given.data)
  assert.equal(await running, expected)
  const images = Array.from({ length: 9 }, image)
  const several = wasTransferred(vit.embed(images))
  for (const { data } of images) transfer(data)
  assert.ok(await several)
})

test('pixels that are transferred or overwritten while logits are computed', async () => {
  const expected = await vit.logits(gaussian(5, size))
  const one = gaussian(5, size)
  const running = vit.logits(one)
  one.fill(0)
  transfer(one)
  assert.equal(await running, expected)
  const many = gaussian(5, 9 * size)
  const batch = wasTransferred(vit.logits(many))
  transfer(many)
  assert.ok(await batch)
})

test('a checkpoint whose buffer is transferred while it is loaded', async () => {
  const copy = Uint8Array.from(bytes)
  const begun = wasTransferred(load(copy, common))
  transfer(copy)
  assert.ok(await begun)
  let steps = 0
  await load(bytes, { ...common, onProgress: () => steps++ })
  assert.ok(steps > 10)
  const ends: boolean[] = []
  for (let step = 0; step < steps; step++) {
    const copy = Uint8Array.from(bytes)
    let left = step
    const onProgress = () => {
      if (left-- === 0) transfer(copy)
    }
    ends.push(await wasTransferred(load(copy, { ...common, onProgress })))
  }
  // Behind the last value it may make no difference any more.
  assert.ok(ends.slice(0, -1).every(Boolean))
})

test.run()
