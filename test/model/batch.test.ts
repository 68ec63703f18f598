import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { aboutImage, CheckpointError } from '../../src/errors.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { nameOfImage } from '../../src/image/name.ts'
import { ArgumentError, type ImageInput, load, type VitrineError } from '../../src/index.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { gaussian } from '../random.ts'

const model = (config: object = {}) =>
  asSafetensors(tensorsOf(timm, { ...smallConfig, ...config })).then((bytes) =>
    load(bytes, { config: { heads: 2, ...config }, threads: 1, wide: false }),
  )
const vit = await model()
const [height, width] = smallConfig.imageSize
const image = (seed: number) => ({
  width,
  height,
  data: Uint8Array.from(gaussian(seed, width * height * 3, 60), (x) => Math.min(255, Math.abs(x))),
})

const failure = (promise: Promise<unknown>): Promise<VitrineError> =>
  promise.then(
    () => assert.unreachable('it did not fail'),
    (error) => error,
  )

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of results) all.push(one)
  return all
}

test('arrays and iterables are embedded as each image by itself', async () => {
  const images = [1, 2, 3, 4, 5].map(image)
  const alone: Float32Array[] = []
  for (const one of images) alone.push(await vit.embed(one))
  assert.equal(await vit.embed(images), alone)
  assert.equal(await collect(vit.embedAll(images)), alone)
  assert.equal(await collect(vit.embedAll(new Set(images))), alone)
  async function* source() {
    yield* images
  }
  const normalized = await collect(vit.embedAll(source(), { normalize: true }))
  assert.equal(normalized, await vit.embed(images, { normalize: true }))
  assert.equal(await vit.embed([]), [])
})

test('normalised embeddings have length 1 and the same direction; zeros stay zeros', async () => {
  const plain = await vit.embed(image(1))
  const unit = await vit.embed(image(1), { normalize: true })
  const length = Math.hypot(...plain)
  assert.ok(Math.abs(length - 1) > 0.01)
  assert.ok(Math.abs(Math.hypot(...unit) - 1) < 1e-6)
  assert.ok(unit.every((value, i) => Math.abs(value - plain[i]! / length) < 1e-6))

  // Every token by itself, where there is no pooling.
  const unpooled = await model({ classifier: 'token_unpooled' })
  const tokens = await unpooled.embed(image(1), { normalize: true })
  assert.is(tokens.length, 10 * smallConfig.width)
  for (let at = 0; at < tokens.length; at += smallConfig.width) {
    assert.ok(Math.abs(Math.hypot(...tokens.subarray(at, at + smallConfig.width)) - 1) < 1e-6)
  }

  const tensors = tensorsOf(timm, smallConfig)
  for (const { name, values } of tensors) if (name.startsWith('norm.')) values.fill(0)
  const zero = await load(await asSafetensors(tensors), { config: { heads: 2 }, threads: 1 })
  assert.equal([...(await zero.embed(image(1), { normalize: true }))], Array(8).fill(0))
  zero.dispose()
})

test('as many classes as there are', async () => {
  assert.is((await vit.classify(image(1), { topK: 1000 })).length, smallConfig.classes)
})

test('of several images an error says which one', async () => {
  const secret = new URL('https://user:word@127.0.0.1:1/photos/cat.jpg?token=abc#x')
  const picture = `data:image/png;base64,${'A'.repeat(5000)}`
  const cases: [bad: unknown, code: string, name: RegExp][] = [
    ['no/such.png', 'SOURCE', /^no\/such\.png$/],
    [secret, 'SOURCE', /^https:\/\/127\.0\.0\.1:1\/photos\/cat\.jpg$/],
    [picture, 'FORMAT', /^data:image\/png/],
    ['A'.repeat(5000), 'ARGUMENT', /^a text of 5000 characters$/],
    [new Uint8Array(5), 'FORMAT', /^5 bytes$/],
    [new Blob(['abc']), 'FORMAT', /^a Blob of 3 bytes$/],
    [new File(['abc'], 'cat.png'), 'FORMAT', /^cat\.png$/],
    [{ width: 2, height: 2, data: new Uint8Array(5) }, 'ARGUMENT', /^raw pixels of 2 x 2$/],
    [undefined, 'ARGUMENT', /^undefined$/],
  ]
  for (const [bad, code, name] of cases) {
    const images = [image(1), image(2), bad as ImageInput, image(3)]
    const calls = [
      vit.classify(images),
      vit.embed(images),
      collect(vit.classifyAll(images)),
      collect(vit.embedAll(images)),
    ]
    for (const error of await Promise.all(calls.map(failure))) {
      assert.is(error.code, code, error.message)
      assert.is(error.index, 2)
      assert.match(error.image!, name)
      assert.ok(error.message.startsWith(`Image 2 (${error.image}): `), error.message)
    }
    // Alone it needs no number.
    const alone = await failure(vit.embed(bad as ImageInput))
    assert.equal([alone.code, alone.index, alone.image], [code, undefined, undefined])
  }
})

test('an abort is passed on as it is, from within a list too', async () => {
  const reason = new ArgumentError('my own reason')
  const controller = new AbortController()
  async function* images() {
    yield image(1)
    controller.abort(reason)
    yield image(2)
  }
  const error = await failure(collect(vit.embedAll(images(), { signal: controller.signal })))
  assert.is(error, reason)
  assert.is(error.index, undefined)
})

test('an error about an image is a copy of its own class', () => {
  const cause = new Error('below')
  const original = new CheckpointError('It does not fit.', { missing: ['a'] }, { cause })
  const copy = aboutImage(original, 3, 'cat.png') as CheckpointError
  assert.instance(copy, CheckpointError)
  assert.is.not(copy, original)
  assert.is(copy.message, 'Image 3 (cat.png): It does not fit.')
  assert.equal(
    [copy.code, copy.name, copy.missing, copy.index, copy.image, copy.cause],
    ['CHECKPOINT', 'CheckpointError', ['a'], 3, 'cat.png', cause],
  )
  assert.ok(copy.stack!.startsWith('CheckpointError: Image 3 (cat.png): It does not fit.\n'))
  assert.match(copy.stack!, 'batch.test')
  assert.equal([original.message, original.index], ['It does not fit.', undefined])
  assert.not.ok('cause' in (aboutImage(new ArgumentError('x'), 0) as object))
  // What is not ours stays what it is.
  assert.is(aboutImage(cause, 3, 'cat.png'), cause)
})

test('the name of an image shows nothing of what is in it', () => {
  const getter = {
    get width(): number {
      throw new Error('mine')
    },
  }
  const names: [unknown, string][] = [
    ['photos/cat.jpg', 'photos/cat.jpg'],
    ['C:\\cat.jpg', 'C:\\cat.jpg'],
    ['https://a:b@example.com/cat.jpg?key=c#d', 'https://example.com/cat.jpg'],
    [new URL('file:///home/cat.jpg'), 'file:///home/cat.jpg'],
    [new ArrayBuffer(7), '7 bytes'],
    [Symbol('x'), 'symbol'],
    [null, 'object'],
    [getter, 'an object'],
  ]
  for (const [value, name] of names) assert.is(nameOfImage(value), name)
})

test.run()
