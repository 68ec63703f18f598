import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resolveRecipe } from '../../../src/image/preprocess/resolve-recipe.ts'
import { NumericError, UnsupportedError } from '../../../src/index.ts'
import type { Split } from '../../../src/train/data/dataset.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'
import { evaluateSplit } from '../../../src/train/evaluation/split.ts'
import { rejects } from '../../checkpoint/collect.ts'

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
