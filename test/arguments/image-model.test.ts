import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timm } from '../../src/families/vit/names/timm.ts'
import {
  type ClassifyOptions,
  type DeviceOptions,
  type EmbedOptions,
  type FeaturesOptions,
  type ImageOptions,
  type LogitsOptions,
  load,
  type RunOptions,
} from '../../src/index.ts'
import { ImageModel } from '../../src/model/image-model.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { optionRows, type Row, testRows, type WrongOptions } from './table.ts'

const bytes = await asSafetensors(tensorsOf(timm, smallConfig))
const vit = await load(bytes, { config: { heads: 2 }, threads: 1, wide: false })
const [height, width] = vit.config.imageSize
const size = height * width * 3
const image = { width, height, data: new Uint8Array(size).fill(100) }

const run: WrongOptions<RunOptions> = { signal: [{}, { aborted: true }, new AbortController()] }
const ofImage: WrongOptions<ImageOptions> = {
  ...run,
  orientation: [1, 'no'],
  maxPixels: [0, -1, '64'],
  decoder: ['libjpeg', true],
}
const classify: WrongOptions<ClassifyOptions> = {
  ...ofImage,
  topK: [0, -1, 1.5, '5', Number.POSITIVE_INFINITY],
}
const embed: WrongOptions<EmbedOptions> = {
  ...ofImage,
  pool: ['cls', 'CLASS', 1, ['mean']],
  normalize: [1, 'l2'],
}
const features: WrongOptions<FeaturesOptions> = {
  ...ofImage,
  layers: [0, -1, 1.5, '1', [], [0.5], ['0'], [null]],
  norm: [1, 'no'],
  reshape: [1, 'NCHW'],
}
const logits: WrongOptions<LogitsOptions> = { ...run, count: [0, -1, 1.5, '1'] }
const onDevice: WrongOptions<DeviceOptions> = { count: [0, -1, 1.5, '1'] }

type Images = never

testRows('options of every method', () => [
  ...optionRows('classify', classify, (options) => vit.classify(image, options)),
  ...optionRows('classifyAll', classify, (options) => vit.classifyAll([image], options).next()),
  ...optionRows('embed', embed, (options) => vit.embed(image, options)),
  ...optionRows('embedAll', embed, (options) => vit.embedAll([image], options).next()),
  ...optionRows('features', features, (options) => vit.features(image, options)),
  ...optionRows('attention', ofImage, (options) => vit.attention(image, options)),
  ...optionRows('inputEmbeddings', run, (options) => vit.inputEmbeddings(options)),
  ...optionRows('pixels', ofImage, (options) => vit.pixels(image, options)),
  ...optionRows('logits', logits, (options) => vit.logits(new Float32Array(size), options)),
  ...optionRows('logitsOnDevice', onDevice, (options) => vit.logitsOnDevice({}, options)),
])

/** Every method with one image that is wrong. */
const ofOne: Record<string, (image: Images) => Promise<unknown>> = {
  classify: (one) => vit.classify(one),
  'classify of several': (one) => vit.classify([image, one]),
  classifyAll: (one) => last(vit.classifyAll([image, one])),
  embed: (one) => vit.embed(one),
  'embed of several': (one) => vit.embed([image, one]),
  embedAll: (one) => last(vit.embedAll([image, one])),
  features: (one) => vit.features(one),
  attention: (one) => vit.attention(one),
  pixels: (one) => vit.pixels(one),
}

async function last(results: AsyncIterable<unknown>): Promise<unknown> {
  let one: unknown
  for await (one of results);
  return one
}

function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  return view
}

testRows('images', () => {
  const wrong: [name: string, code: string, make: () => unknown][] = [
    ...[null, undefined, 42, true, 1n, Symbol('x'), {}, () => {}, Object.create(null)].map(
      (value, i): [string, string, () => unknown] => [`none of all, ${i}`, 'ARGUMENT', () => value],
    ),
    ['a promise', 'ARGUMENT', () => Promise.resolve(image)],
    ['a shared buffer', 'ARGUMENT', () => new SharedArrayBuffer(100)],
    ['floats', 'ARGUMENT', () => new Float32Array(size)],
    ['a file that is not there', 'SOURCE', () => 'no/such.png'],
    ['a URL that is none', 'ARGUMENT', () => 'http://['],
    ['a data: URL of nothing', 'FORMAT', () => 'data:image/png;base64,'],
    ['no bytes', 'FORMAT', () => new Uint8Array(0)],
    ['no Blob', 'FORMAT', () => new Blob([])],
    ['a transferred buffer', 'ARGUMENT', () => detached(new Uint8Array(100)).buffer],
    ['a transferred view', 'ARGUMENT', () => detached(new Uint8Array(100))],
    ['transferred pixels', 'ARGUMENT', () => ({ ...image, data: detached(new Uint8Array(size)) })],
    ['too few pixels', 'ARGUMENT', () => ({ ...image, data: new Uint8Array(5) })],
    ['too many pixels', 'ARGUMENT', () => ({ ...image, data: new Uint8Array(5 * size) })],
    ['pixels of another type', 'ARGUMENT', () => ({ ...image, data: new Float32Array(size) })],
    ['pixels without data', 'ARGUMENT', () => ({ ...image, data: null })],
    ['a width that is no number', 'ARGUMENT', () => ({ ...image, width: `${width}` })],
    ['a width that is a symbol', 'ARGUMENT', () => ({ ...image, width: Symbol('x') })],
    ['a width that is negative', 'ARGUMENT', () => ({ ...image, width: -width, height: -height })],
    ['a width beyond all', 'ARGUMENT', () => ({ ...image, width: 2 ** 60 })],
    ['no width', 'ARGUMENT', () => ({ height, data: image.data })],
  ]
  return Object.entries(ofOne).flatMap(([method, call]) =>
    wrong.map(([name, code, make]) => ({
      name: `${method}: ${name}`,
      code,
      run: () => call(make() as never),
    })),
  )
})

testRows('lists of images', () => {
  const all: Record<string, (images: Images) => Promise<unknown>> = {
    classifyAll: (images) => vit.classifyAll(images).next(),
    embedAll: (images) => vit.embedAll(images).next(),
  }
  const wrong: unknown[] = [
    ...[null, undefined, 42, 'cat.jpg', new Uint8Array(9), {}, Symbol('x'), image, () => {}],
    { [Symbol.iterator]: 1 },
    { [Symbol.iterator]: () => undefined },
    { [Symbol.iterator]: () => ({ next: 1 }) },
    { [Symbol.iterator]: () => ({ next: () => undefined }) },
    { [Symbol.asyncIterator]: () => ({ next: async () => 'text' }) },
  ]
  const none = Object.entries(all).flatMap(([method, call]) =>
    wrong.map((images, i) => ({
      name: `${method}: no list ${i}`,
      code: 'ARGUMENT',
      run: () => call(images as never),
    })),
  )
  const lists: Row[] = [[Array(2)], [[null]], [[[image]]]].map(([images], i) => ({
    name: `a list with holes or lists in it, ${i}`,
    code: 'ARGUMENT',
    message: /^Image 0 \(\w.*\): An image is /,
    run: () => vit.classify(images as never),
  }))
  return [...none, ...lists]
})

testRows('pixels', () => {
  const row = (name: string, pixels: () => unknown, count?: number): Row => ({
    name,
    code: 'ARGUMENT',
    message: /[Pp]ixels/,
    run: () => vit.logits(pixels() as never, { count }),
  })
  const filled = (value: number, at: number) => new Float32Array(2 * size).fill(value, at, at + 1)
  return [
    ...[null, undefined, 42, [], Array(size).fill(0), Symbol('x'), image].map((value, i) =>
      row(`no floats, ${i}`, () => value),
    ),
    row('doubles', () => new Float64Array(size)),
    row('none', () => new Float32Array(0)),
    row('one too few', () => new Float32Array(size - 1)),
    row('half an image', () => new Float32Array(1.5 * size)),
    row('less than the count', () => new Float32Array(size), 2),
    row('more than the count', () => new Float32Array(2 * size), 1),
    row('a transferred view', () => detached(new Float32Array(size))),
    row('a transferred view with its count', () => detached(new Float32Array(size)), 1),
    row('NaN', () => filled(Number.NaN, 3)),
    row('infinity in the second image', () => filled(Number.NEGATIVE_INFINITY, size + 3)),
  ]
})

testRows('buffers of a GPU', () => [
  ...[null, undefined, 42, 'buffer', Symbol('x')].map((buffer, i) => ({
    name: `none, ${i}`,
    code: 'ARGUMENT',
    run: () => vit.logitsOnDevice(buffer as never),
  })),
  { name: 'no GPU', code: 'UNSUPPORTED', run: () => vit.logitsOnDevice({}) },
])

testRows('a disposed model', async () => {
  const gone = await load(bytes, { config: { heads: 2 }, threads: 1, wide: false })
  const calls: Record<Exclude<keyof ImageModel, Data>, () => unknown> = {
    classify: () => gone.classify(image),
    classifyAll: () => gone.classifyAll([image]).next(),
    embed: () => gone.embed(image),
    embedAll: () => gone.embedAll([image]).next(),
    logits: () => gone.logits(new Float32Array(size)),
    logitsOnDevice: () => gone.logitsOnDevice({}),
    features: () => gone.features(image),
    attention: () => gone.attention(image),
    inputEmbeddings: () => gone.inputEmbeddings(),
    pixels: () => gone.pixels(image),
  }
  // Twice is as good as once.
  gone.dispose()
  gone[Symbol.dispose]()
  return Object.entries(calls).map(([name, run]) => ({ name, code: 'DISPOSED', run }))
})

/** What is no call that could fail. */
type Data =
  | 'steps'
  | 'config'
  | 'backend'
  | 'preprocess'
  | 'labels'
  | 'dispose'
  | typeof Symbol.dispose

test('every method is in these tables', () => {
  const methods = Object.getOwnPropertyNames(ImageModel.prototype)
  const others = ['logits', 'logitsOnDevice', 'inputEmbeddings', 'dispose', 'constructor']
  const covered = [...Object.keys(ofOne), ...others]
  assert.equal(
    methods.filter((name) => !covered.includes(name)),
    [],
  )
})

test('what getters, proxies and iterators of the caller throw is passed on as it is', async () => {
  const own = new RangeError('mine')
  const fail = () => {
    throw own
  }
  const withGetter = Object.defineProperty({ ...image }, 'data', { get: fail })
  const proxy = new Proxy(image, { get: fail, has: fail })
  const failing = { [Symbol.iterator]: () => ({ next: fail }) }
  const closing = {
    [Symbol.iterator]: () => ({ next: () => ({ done: false, value: image }), return: fail }),
  }
  const calls = [
    () => vit.classify(withGetter as never),
    () => vit.classify([image, withGetter as never]),
    () => vit.embed(proxy),
    () => last(vit.embedAll([proxy])),
    () => last(vit.classifyAll(failing as never)),
    () => vit.classify(image, Object.defineProperty({}, 'topK', { get: fail, enumerable: true })),
    () => vit.classify(image, new Proxy({}, { get: fail, ownKeys: fail })),
    () => load(bytes, { config: { heads: 2 }, threads: 1, onProgress: fail }),
  ]
  for (const [i, call] of calls.entries()) {
    const found = await call().then(
      () => undefined,
      (error) => error,
    )
    assert.is(found, own, `call ${i}: ${found}`)
  }
  // An iterator that fails while it is closed does not hide why it was.
  for await (const one of vit.embedAll(closing as never)) {
    assert.is(one.length, smallConfig.width)
    break
  }
})

test('options that are inherited count, and are read once', async () => {
  assert.is((await vit.classify(image, Object.create({ topK: 2 }))).length, 2)
  let reads = 0
  const counting = {
    get topK() {
      return ++reads === 1 ? 3 : 'three'
    },
  }
  assert.is((await vit.classify(image, counting as never)).length, 3)
  assert.is((await vit.classify(image, { topK: undefined, signal: undefined })).length, 5)
  assert.is((await vit.classify(image, undefined)).length, 5)
})

test.run()
