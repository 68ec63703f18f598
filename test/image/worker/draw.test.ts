import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { WorkerError } from '../../../src/errors.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import { drawImage } from '../../../src/image/worker/draw.ts'
import type { Draw } from '../../../src/image/worker/draw-job.ts'
import { holdWorkers } from '../../../src/image/worker/pool.ts'
import type { WorkerEvents, WorkerHandle } from '../../../src/platform/platform.ts'
import { until } from '../../until.ts'
import { gradient } from '../make.ts'
import { fastPNG, flatJPEG } from '../make-large.ts'

/** The workers that run, and how many jobs they got. */
const running = new Set<WorkerHandle>()
let jobs = 0
const { startDecoder } = platform.threads
const threads = platform.threads as { startDecoder: typeof startDecoder }
threads.startDecoder = (events: WorkerEvents) => {
  const own = startDecoder({
    ...events,
    ended(reason) {
      running.delete(handle)
      events.ended(reason)
    },
  })
  const handle: WorkerHandle = {
    ...own,
    post(...message) {
      own.post(...message)
      jobs++
    },
  }
  running.add(handle)
  return handle
}

const png = fastPNG(gradient(60, 40))
/** A tenth of a second of work, or more. */
const slow = flatJPEG({ width: 2048, height: 2048, components: 3, scans: 'progressive' })

const turn = (index: number): Draw => ({
  ...{ augment: 'inception', size: [20, 30], recipe: RECIPES.official },
  ...{ words: [1, 0, index], keeps: index % 2 === 0 },
})

const draw = (image: Parameters<typeof drawImage>[0], index: number, signal?: AbortSignal) =>
  drawImage(image, turn(index), { workers: 1, ...(signal && { signal }) })

const here = (image: Parameters<typeof drawImage>[0], index: number) =>
  drawImage(image, turn(index), { workers: 0 })

const failure = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable('it did not fail'),
    (error) => error,
  )

/** Several pictures, of which the first takes long. */
const images = [slow, png, fastPNG(gradient(30, 50)), png, png]

test('a worker has several pictures at once, and gives them in order', async () => {
  const release = holdWorkers()
  const before = jobs
  const order: number[] = []
  const drawn = images.map(async (image, i) => {
    const result = await draw(image, i)
    order.push(i)
    return result
  })
  await until(() => jobs === before + 4, 'four pictures are there')
  const results = await Promise.all(drawn)
  assert.equal(order, [0, 1, 2, 3, 4])
  for (const [i, image] of images.entries()) {
    assert.equal(results[i], await here(image, i))
    assert.is(results[i]!.kept !== undefined, i % 2 === 0)
  }
  assert.is(running.size, 1)
  assert.ok(images.every(({ length }) => length > 0))
  release()
  await until(() => running.size === 0, 'the worker has ended')
})

test('an abort of one of them does not touch the others', async () => {
  for (const aborted of [0, 2]) {
    const release = holdWorkers()
    const controller = new AbortController()
    const before = jobs
    const drawn = images.map((image, i) =>
      draw(image, i, i === aborted ? controller.signal : undefined),
    )
    const failed = failure(drawn[aborted]!)
    await until(() => jobs >= before + 4, 'four pictures are there')
    controller.abort(new Error('enough'))
    assert.is(await failed, controller.signal.reason)
    for (const [i, image] of images.entries()) {
      if (i !== aborted) assert.equal(await drawn[i], await here(image, i))
    }
    release()
    await until(() => running.size === 0, 'the worker has ended')
  }
})

test('of a worker that dies only the picture under way is lost', async () => {
  const release = holdWorkers()
  const before = jobs
  const drawn = images.map((image, i) => draw(image, i))
  const failed = failure(drawn[0]!)
  await until(() => jobs === before + 4, 'four pictures are there')
  const [worker] = running
  worker!.terminate()
  assert.instance(await failed, WorkerError)
  for (const [i, image] of images.entries()) {
    if (i > 0) assert.equal(await drawn[i], await here(image, i))
  }
  release()
  await until(() => running.size === 0, 'the worker has ended')
})

test.run()
