import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { AUGMENTATIONS } from '../../src/image/augment/augment.ts'
import { RECIPES } from '../../src/image/preprocess/recipes.ts'
import type { WorkerEvents } from '../../src/platform/platform.ts'
import { type Batch, type BatchOptions, batches } from '../../src/train/batches.ts'
import type { Sample, Split } from '../../src/train/data/dataset.ts'
import { DatasetError } from '../../src/train/data/errors.ts'
import { CacheRoom, Pictures, type PicturesOptions } from '../../src/train/data/pictures.ts'
import { rejects } from '../checkpoint/collect.ts'
import { gradient } from '../image/make.ts'
import { flatJPEG } from '../image/make-large.ts'
import { until } from '../until.ts'
import { noisePNG } from './data/made.ts'

/** Workers that run, and how many were started. */
const workers = { running: 0, started: 0 }
const { startDecoder } = platform.threads
const threads = platform.threads as { startDecoder: typeof startDecoder }
threads.startDecoder = (events: WorkerEvents) => {
  workers.running++
  workers.started++
  return startDecoder({
    ...events,
    ended(reason) {
      workers.running--
      events.ended(reason)
    },
  })
}

/** Files of several formats, pixels, and one that is damaged. */
const images: readonly Sample['image'][] = [
  ...(await Promise.all([1, 2, 3, 4, 5].map((seed) => noisePNG(seed, 20 + seed, 25)))),
  flatJPEG({ width: 40, height: 30, components: 3, scans: 'progressive' }),
  gradient(17, 23),
  (await noisePNG(9)).subarray(0, 50),
]

const options: BatchOptions = {
  ...{ batch: 3, classes: 2, labelSmoothing: 0, seed: 7 },
  ...{ augment: 'inception', size: [16, 12], recipe: RECIPES.official },
}

/** A split that counts what is being read. */
function splitOf(files: readonly Sample['image'][] = images) {
  const state = { reading: 0, read: 0 }
  const split: Split = {
    size: files.length,
    name: (index) => `p${index}`,
    label: (index) => index % 2,
    async read(index) {
      state.reading++
      await new Promise((resolve) => setImmediate(resolve))
      state.reading--
      state.read++
      return { name: `p${index}`, label: index % 2, image: files[index]! }
    },
  }
  return { split, state }
}

async function take(
  count: number,
  more: Partial<BatchOptions & PicturesOptions> & { cacheBytes?: number } = {},
) {
  const { cacheBytes = 0, workers = 0, ...rest } = more
  const taken: Batch[] = []
  const pictures = new Pictures(splitOf().split, { room: new CacheRoom(cacheBytes), workers })
  for await (const batch of batches(pictures, { ...options, ...rest })) {
    taken.push(batch)
    if (taken.length === count) break
  }
  return { taken, pictures }
}

test('batches are the same on any number of workers, cached or not, for every augmentation', async () => {
  for (const augment of AUGMENTATIONS) {
    const { taken } = await take(5, { augment })
    assert.is(taken.length, 5)
    for (const [workers, cacheBytes] of [
      [0, 2 ** 20],
      [1, 3000],
      [3, 0],
      [3, 2 ** 20],
    ] as const) {
      const other = await take(5, { augment, workers, cacheBytes })
      assert.equal(other.taken, taken, `${augment}, ${workers} workers, ${cacheBytes} bytes`)
      assert.ok(other.pictures.cachedBytes <= cacheBytes)
      assert.is(other.pictures.cachedBytes > 0, cacheBytes > 0)
      assert.equal(
        other.pictures.unusable.map(({ name }) => name),
        ['p7'],
      )
    }
  }
  assert.ok(workers.started >= 4)
})

test('grey pictures too', async () => {
  const grey = { channels: 1, recipe: { ...RECIPES.official, mean: [0.5], std: [0.5] } } as const
  assert.equal((await take(3, { ...grey, workers: 1 })).taken, (await take(3, grey)).taken)
})

test('what is cached is not read again', async () => {
  const { split, state } = splitOf(images.slice(0, 5))
  const pictures = new Pictures(split, { room: new CacheRoom(), workers: 1 })
  let left = 10
  for await (const _ of batches(pictures, { ...options, ahead: 1 })) if (--left === 0) break
  assert.is(state.read, 5)
})

test('pictures of the next batches are made ready while one is in use, and not more', async () => {
  const { split, state } = splitOf(images.slice(0, 6))
  const pictures = new Pictures(split, { workers: 1 })
  const drawn = batches(pictures, { ...options, ahead: 1 })
  await drawn.next()
  // Three were taken, and six are ready.
  await until(() => state.read === 9, 'they are read')
  for (let i = 0; i < 50; i++) await platform.yield()
  assert.is(state.read, 9)
  await drawn.return()
})

test('a consumer that stops leaves no file open and no worker', async () => {
  for (const count of [1, 3]) {
    const { split, state } = splitOf()
    let left = count
    for await (const _ of batches(new Pictures(split, { workers: 2 }), options)) {
      if (--left === 0) break
    }
    assert.is(state.reading, 0)
    await until(() => workers.running === 0, 'no worker runs')
  }
})

test('an abort in the middle of decoding ends it, and leaves nothing', async () => {
  const large = flatJPEG({ width: 4096, height: 4096, components: 3, scans: 'progressive' })
  const { split, state } = splitOf([large, large])
  const controller = new AbortController()
  const pictures = new Pictures(split, { workers: 1 })
  const drawn = batches(pictures, { ...options, signal: controller.signal })
  const first = drawn.next()
  await until(() => state.read >= 2, 'both are read')
  controller.abort(new Error('enough'))
  await first.then(
    () => assert.unreachable(),
    (error) => assert.is(error, controller.signal.reason),
  )
  assert.is(state.reading, 0)
  assert.equal(pictures.unusable, [])
  await until(() => workers.running === 0, 'no worker runs')
})

test('an error ends it, and leaves nothing', async () => {
  const { split, state } = splitOf()
  const drawn = batches(new Pictures(split, { workers: 2, strict: true }), options)
  const all = async () => {
    for await (const _ of drawn);
  }
  await rejects(all(), DatasetError, /^p7 can't be used: /)
  assert.is(state.reading, 0)
  await until(() => workers.running === 0, 'no worker runs')
})

test('where workers can not be started, batches are the same', async () => {
  const { taken } = await take(4)
  threads.startDecoder = () => {
    throw new Error('none here')
  }
  assert.equal((await take(4, { workers: 2 })).taken, taken)
})

test.run()
