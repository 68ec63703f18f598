/**
 * Gives another framework what this project trains with: the weights at the start, and the same pictures in the same
 * order, cropped and mirrored alike.
 *
 *     node --import tsx bench/showcase/feed.ts start FILE              # weights, as safetensors under timm's names
 *     node --import tsx bench/showcase/feed.ts batches DATASET [STEP]  # from the update after STEP, to stdout
 *     node --import tsx bench/showcase/feed.ts validation DATASET
 *     node --import tsx bench/showcase/feed.ts test DATASET
 *
 * What goes to stdout begins with a line of JSON: `batch`, `batches`, `height`, `width`, `channels`. Each batch is its
 * learning rate (f64; 0 for evaluations), its labels (u8), and its normalised pixels (f32, NHWC), little-endian. The
 * last batch of an evaluation is filled up with labels of 255.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { collectBytes } from '../../src/checkpoint/write/safetensors.ts'
import { preprocess } from '../../src/image/preprocess/preprocess.ts'
import type { Recipe } from '../../src/image/preprocess/recipes.ts'
import { resolveRecipe } from '../../src/image/preprocess/resolve-recipe.ts'
import { openTrainingBackend } from '../../src/train/backend.ts'
import { batches } from '../../src/train/batches.ts'
import { openDataset } from '../../src/train/data/open.ts'
import { Pictures } from '../../src/train/data/pictures.ts'
import { prepare } from '../../src/train/prepare.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { learningRate } from '../../src/train/recipe/schedule.ts'
import { savedModel } from '../../src/train/save.ts'
import { recipe } from './recipe.ts'

const { batch, imageSize, seed, augment, totalSteps } = recipe
const size = [imageSize, imageSize] as const
const channels = 3
const rateOf = learningRate(recipe)

async function prepared(classes: number) {
  const load = { imageSize }
  return prepare(undefined, {
    backend: await openTrainingBackend({ threads: 1 }),
    load,
    classes,
    freeze: 'none',
    optimizer: sgd({ momentum: 0.9, accumulator: recipe.optimDtype }),
    learningRate: rateOf,
    clip: recipe.gradNormClip,
  })
}

async function start(path: string): Promise<void> {
  const labels = Array.from({ length: 10 }, (_, i) => `${i}`)
  const ready = await prepared(labels.length)
  await writeFile(path, await collectBytes(savedModel(ready, { labels })))
  ready.trainer.dispose()
}

async function put(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
}

const begin = (batches: number) =>
  put(
    Buffer.from(
      `${JSON.stringify({ batch, batches, height: size[0], width: size[1], channels })}\n`,
    ),
  )

async function putBatch(
  rate: number,
  labels: readonly number[],
  pixels: readonly Float32Array[],
): Promise<void> {
  const values = size[0] * size[1] * channels
  const bytes = Buffer.alloc(8 + batch + batch * values * 4)
  bytes.writeDoubleLE(rate)
  bytes.fill(255, 8, 8 + batch)
  bytes.set(labels, 8)
  for (const [i, one] of pixels.entries()) {
    bytes.set(
      new Uint8Array(one.buffer, one.byteOffset, one.byteLength),
      8 + batch + i * values * 4,
    )
  }
  await put(bytes)
}

async function feedBatches(pictures: Pictures, how: Recipe, after: number): Promise<void> {
  const classes = 10
  const taken = after * batch
  const from = {
    epoch: Math.floor(taken / pictures.size),
    position: taken % pictures.size,
  }
  const options = { augment, size, recipe: how, channels, batch, classes, seed, from } as const
  await begin(totalSteps - after)
  let step = after
  for await (const { samples } of batches(pictures, { ...options, labelSmoothing: 0 })) {
    const labels = samples.map(({ targets }) => targets.indexOf(1))
    await putBatch(
      rateOf(step),
      labels,
      samples.map(({ pixels }) => pixels),
    )
    if (++step === totalSteps) return
  }
}

async function feedSplit(pictures: Pictures, how: Recipe): Promise<void> {
  await begin(Math.ceil(pictures.size / batch))
  for (let first = 0; first < pictures.size; first += batch) {
    const count = Math.min(batch, pictures.size - first)
    const read = await Promise.all(
      Array.from({ length: count }, (_, i) => pictures.read(first + i)),
    )
    const found = read.filter((picture) => picture !== undefined)
    await putBatch(
      0,
      found.map(({ label }) => label),
      found.map(({ image }) => preprocess(image, how, size, channels)),
    )
  }
}

// A reader that has enough closes the pipe.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === 'EPIPE' ? 0 : 1),
)

const { positionals } = parseArgs({ allowPositionals: true })
const [what, where, after = '0'] = positionals
if (what === 'start' && where) await start(where)
else if ((what === 'batches' || what === 'validation' || what === 'test') && where) {
  const ready = await prepared(10)
  const how = resolveRecipe(ready.plan.recipe)
  ready.trainer.dispose()
  const data = await openDataset(where)
  if (what === 'batches') await feedBatches(new Pictures(data.train), how, Number(after))
  else {
    const split = data[what]
    if (!split) throw new Error(`${where} has no pictures for ${what}.`)
    await feedSplit(new Pictures(split), how)
  }
  await data.close()
} else {
  throw new Error(
    'Usage: feed.ts start FILE | batches DATASET [STEP] | validation DATASET | test DATASET',
  )
}
