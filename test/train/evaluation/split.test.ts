import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { toRGB } from '../../../src/image/input.ts'
import { resolveRecipe } from '../../../src/image/preprocess/resolve-recipe.ts'
import { NumericError, UnsupportedError } from '../../../src/index.ts'
import type { Split } from '../../../src/train/data/dataset.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { evaluateSplit } from '../../../src/train/evaluation/split.ts'
import { thumbnailOf } from '../../../src/train/evaluation/thumbnail.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { noisePNG } from '../data/made.ts'

/** Pictures of one colour, by their place; each fifth can't be read. */
const split: Split = {
  size: 13,
  name: (index) => `${index}`,
  label: (index) => index % 2,
  async read(index) {
    const image = { width: 2, height: 2, data: new Uint8Array(12).fill(10 * index) }
    return {
      name: `${index}`,
      label: index % 2,
      image: index % 5 === 4 ? new Uint8Array([1, 2, 3]) : image,
    }
  },
}

const options = {
  classes: 2,
  size: [2, 2],
  recipe: resolveRecipe('official'),
  channels: 3,
  together: 4,
} as const

async function run(logits: (pixels: readonly Float32Array[]) => Float32Array) {
  const progress: number[] = []
  const asked: number[] = []
  const classifier = {
    async logits(pixels: readonly Float32Array[]) {
      asked.push(pixels.length)
      return logits(pixels)
    },
  }
  const evaluating = evaluateSplit(classifier, new Pictures(split), options)
  for (;;) {
    const { value, done } = await evaluating.next()
    if (done) return { progress, asked, evaluation: value }
    assert.is(value.total, 13)
    progress.push(value.done)
  }
}

test('all pictures that can be read are classified, a few together', async () => {
  const { progress, asked, evaluation } = await run((pixels) =>
    Float32Array.from(pixels.flatMap(() => [1, 0])),
  )
  assert.equal(progress, [4, 8, 12, 13])
  assert.equal(asked, [4, 3, 3, 1])
  assert.equal([evaluation.pictures, evaluation.accuracy], [11, 6 / 11])
})

/** The end of an evaluation of all pictures but those that can't be read as class 1. */
async function judged(from: Split, more: object = {}, workers = 0) {
  const classifier = {
    logits: async (pixels: readonly Float32Array[]) =>
      Float32Array.from(pixels.flatMap((pixels) => [0, 1 + pixels.reduce((a, b) => a + b, 0)])),
  }
  const pictures = new Pictures(from, { workers })
  const evaluating = evaluateSplit(classifier, pictures, { ...options, ...more })
  for (;;) {
    const { value, done } = await evaluating.next()
    if (done) return { evaluation: value, unusable: pictures.unusable }
  }
}

const files = await Promise.all(Array.from({ length: 11 }, (_, i) => noisePNG(i, 9, 7)))

/** The same as files, of which one is damaged. */
const ofFiles: Split = {
  size: files.length,
  name: (index) => `${index}`,
  label: (index) => index % 2,
  async read(index) {
    const file = files[index]!
    const image = index === 3 ? file.subarray(0, 50) : file
    return { name: `${index}`, label: index % 2, image }
  },
}

test('workers decode the same pictures in the same order', async () => {
  const here = await judged(ofFiles, { thumbnails: 4 })
  assert.equal([here.evaluation.pictures, here.unusable.length], [10, 1])
  for (const workers of [1, 3]) {
    assert.equal(await judged(ofFiles, { thumbnails: 4 }, workers), here)
  }
  assert.is((await import('../../../src/image/worker/missing.ts')).workers.missing, false)
})

test('pictures are decoded while others are computed, twice as many as are computed together', async () => {
  let read = 0
  let computes = false
  const many: Split = {
    ...split,
    size: 100,
    async read(index) {
      read++
      return split.read(index % 4)
    },
  }
  const seen: number[] = []
  const classifier = {
    async logits(pixels: readonly Float32Array[]) {
      assert.not.ok(computes)
      computes = true
      let before = -1
      while (before !== read) {
        before = read
        for (let i = 0; i < 20; i++) await platform.yield()
      }
      seen.push(read)
      computes = false
      return new Float32Array(2 * pixels.length)
    },
  }
  const evaluating = evaluateSplit(classifier, new Pictures(many), options)
  await evaluating.next()
  await evaluating.next()
  await evaluating.return(undefined as never)
  // Four are computed; eight are ready, and sixteen more may be decoded while those wait.
  assert.ok(seen[0]! >= 12 && seen[0]! <= 4 + 8 + 17, `${seen}`)
  assert.ok(seen[1]! > seen[0]! && seen[1]! <= seen[0]! + 4, `${seen}`)
})

test('when its consumer stops, nothing is read any more', async () => {
  let reading = 0
  const slow: Split = {
    ...split,
    size: 100,
    async read(index) {
      reading++
      await platform.yield()
      reading--
      return split.read(index % 4)
    },
  }
  const classifier = { logits: async () => new Float32Array(8) }
  const evaluating = evaluateSplit(classifier, new Pictures(slow), options)
  await evaluating.next()
  await evaluating.return(undefined as never)
  assert.is(reading, 0)
})

test('thumbnails are those of the mistakes, shrunk', async () => {
  const { evaluation } = await judged(ofFiles, { thumbnails: 4, mistakes: 3 })
  assert.is(evaluation.mistakes.length, 3)
  for (const { name, thumbnail } of evaluation.mistakes) {
    assert.equal([thumbnail!.width, thumbnail!.height], [4, 3])
    const image = await toRGB(files[Number(name)]!)
    assert.equal(thumbnail, thumbnailOf(image, 4))
  }
  const { evaluation: without } = await judged(ofFiles)
  assert.ok(without.mistakes.every((mistake) => !('thumbnail' in mistake)))
})

test('a thumbnail of a small picture is a copy of it', () => {
  const small = { width: 4, height: 3, data: new Uint8Array(4 * 3 * 3).fill(7) }
  const copy = thumbnailOf(small, 8)
  small.data.fill(0)
  assert.equal([copy.width, copy.height], [4, 3])
  assert.ok(copy.data.every((value) => value === 7))
})

test('logits that are not finite are an error that names the picture', async () => {
  const broken = run((pixels) =>
    Float32Array.from(pixels.flatMap((_, i) => (i === 2 ? [Number.NaN, 0] : [1, 0]))),
  )
  await rejects(broken, NumericError, /logits of 2 are not finite/)
})

test('logits of tokens are refused', async () => {
  const tokens = run((pixels) => new Float32Array(pixels.length * 2 * 5))
  await rejects(tokens, UnsupportedError, /for every token/)
})

test.run()
