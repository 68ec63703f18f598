import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { FormatError, LimitError, WorkerError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { toPixels, toRGB } from '../../../src/image/input.ts'
import { preprocess } from '../../../src/image/preprocess/preprocess.ts'
import type { WorkerEvents, WorkerHandle } from '../../../src/platform/platform.ts'
import { until } from '../../until.ts'
import { gradient, makeWebP, withAlpha } from '../make.ts'
import { fastPNG, flatJPEG } from '../make-large.ts'

const image = gradient(1300, 900)
const png = fastPNG(image)
const jpeg = flatJPEG({ width: 1200, height: 1000, components: 3, scans: 'progressive' })
/** A second of work, or more. */
const slow = flatJPEG({ width: 8192, height: 8192, components: 3, scans: 'progressive' })

/** How many jobs the decoding threads got. */
let jobs = 0
/** The decoding threads that were started, as the side that started them has them. */
const started: { handle: WorkerHandle; done: Promise<string> }[] = []
const { startDecoder } = platform.threads
const threads = platform.threads as { startDecoder: typeof startDecoder }
threads.startDecoder = (events: WorkerEvents) => {
  let over = (_: string) => {}
  const done = new Promise<string>((resolve) => {
    over = resolve
  })
  const ended = (reason: string) => {
    events.ended(reason)
    over(reason)
  }
  const own = startDecoder({ ...events, ended })
  const handle: WorkerHandle = {
    ...own,
    post(...message) {
      own.post(...message)
      jobs++
    },
  }
  started.push({ handle, done })
  return handle
}

/** Waits until a worker has got another job. */
async function nextJob(): Promise<void> {
  const before = jobs
  await until(() => jobs > before, 'a worker has the job')
}

/** Turns of the event loop while something is under way. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false]
  const over = () => {
    isOver = true
  }
  work.then(over, over)
  while (!isOver) {
    await platform.yield()
    turns++
  }
  return turns
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => assert.unreachable('it did not fail'),
    (error) => error,
  )

test('small images are decoded here', async () => {
  await toRGB(fastPNG(gradient(50, 50)))
  assert.is(started.length, 0)
})

test('large images are decoded in one worker, to the same pixels', async () => {
  const webp = await makeWebP(image, { lossless: 1 })
  for (const bytes of [png, jpeg, webp]) {
    const expected = await decodeImage(bytes)
    const { length } = bytes
    assert.equal(await toRGB(bytes), expected)
    assert.is(bytes.length, length, 'the bytes of the caller stay')
  }
  assert.is(started.length, 1)
})

test('the worker also preprocesses, from encoded images and pixels', async () => {
  const expected = preprocess(image, 'timm', [64, 48])
  for (const input of [png, image, withAlpha(image), new Blob([png as BlobPart])]) {
    assert.equal(await toPixels(input, 'timm', [64, 48]), expected)
  }
  assert.is(image.data.length, 3 * 1300 * 900)
  assert.is(started.length, 1)
})

test('errors keep their types', async () => {
  const flipped = png.slice()
  flipped[5000]! ^= 1
  assert.instance(await failure(toRGB(flipped)), FormatError)
  const many = flatJPEG({
    width: 8192,
    height: 8192,
    components: 1,
    scans: 'progressive',
    times: 40,
  })
  assert.instance(await failure(toRGB(many)), LimitError)
  assert.is((await failure(toPixels(png, 'timm', [0, 1]))).code, 'ARGUMENT')
})

test('the event loop goes on, and an abort ends the worker in the middle', async () => {
  assert.equal(await toRGB(png), image)
  const before = started.length
  const reason = new Error('changed my mind')
  const controller = new AbortController()
  const { signal } = controller
  const first = failure(toRGB(slow, { signal }))
  const second = failure(toRGB(png, { signal }))
  const third = toRGB(png)
  let turns = 0
  await nextJob()
  const watching = turnsDuring(first).then((count) => {
    turns = count
  })
  for (let i = 0; i < 100; i++) await platform.yield()
  controller.abort(reason)
  assert.is(await first, reason)
  assert.is(await second, reason)
  await watching
  assert.ok(turns >= 100, String(turns))
  assert.equal(await third, image)
  assert.equal(await toRGB(png), image)
  assert.is(started.length, before + 1)
  assert.is(await started[before - 1]!.done, 'it was terminated')
})

test('a worker that dies is a WorkerError, and the next image gets a fresh one', async () => {
  const before = started.length
  const lost = failure(toRGB(slow))
  await nextJob()
  const next = toRGB(png)
  started.at(-1)!.handle.terminate()
  const error = await lost
  assert.instance(error, WorkerError)
  assert.match(error.message, /thread that decoded this image died: it was terminated/)
  assert.equal(await next, image)
  assert.is(started.length, before + 1)
})

test('after 64 megapixels the worker is let go with its memory', async () => {
  const before = started.length
  assert.is((await toRGB(slow)).data.length, 3 * 8192 * 8192)
  await started[before - 1]!.done
  assert.equal(await toRGB(png), image)
  assert.is(started.length, before + 1)
})

test('a worker keeps no process alive, but a picture under way does', () => {
  const input = new URL('../../../src/image/input.ts', import.meta.url)
  const file = new URL('../make-large.ts', import.meta.url)
  const script = `
    const { toRGB } = await import(${JSON.stringify(input)})
    const { flatJPEG } = await import(${JSON.stringify(file)})
    const bytes = flatJPEG({ width: 1200, height: 1000, components: 3, scans: 'progressive' })
    toRGB(bytes).then(({ width }) => console.log(width))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: fileURLToPath(new URL('../../../', import.meta.url)), timeout: 60_000 },
  )
  assert.is(stderr.toString(), '')
  assert.is(stdout.toString().trim(), '1200')
  assert.is(status, 0)
})

// What follows leaves this process without workers.

test('a worker that never starts: images are decoded here, in turns', async () => {
  await failure(toRGB(slow, { signal: abortAfterTurns(20) }))
  threads.startDecoder = (events) => {
    queueMicrotask(() => events.ended('its script can not be loaded'))
    return { post() {}, keepAlive() {}, terminate() {} }
  }
  const all = await Promise.all([toRGB(png), toRGB(jpeg), toPixels(png, 'timm', [64, 48])])
  assert.equal(all[0], image)
  assert.equal(all[1], await decodeImage(jpeg))
  assert.equal(all[2], preprocess(image, 'timm', [64, 48]))
})

test('without workers the event loop goes on too, and an abort is heard', async () => {
  threads.startDecoder = () => {
    throw new Error('it is not tried again')
  }
  const signal = abortAfterTurns(5)
  const error = failure(toRGB(slow, { signal }))
  assert.ok((await turnsDuring(error)) >= 5)
  assert.is(await error, signal.reason)
})

/** A signal that is aborted after so many turns of the event loop. */
function abortAfterTurns(count: number): AbortSignal {
  const controller = new AbortController()
  const wait = async () => {
    for (let i = 0; i < count; i++) await platform.yield()
    controller.abort(new Error('enough'))
  }
  void wait()
  return controller.signal
}

test.run()
