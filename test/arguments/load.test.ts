import { test } from 'uvu'
import type { TfjsOptions } from '../../src/backends/tfjs/tfjs.ts'
import type { WebgpuOptions } from '../../src/backends/webgpu/options.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { type HubOptions, type LoadOptions, load, RECIPES, type Recipe } from '../../src/index.ts'
import { nestedRows, optionRows, type Row, testRows, type WrongOptions } from './table.ts'

const options: WrongOptions<LoadOptions> = {
  variant: [3],
  config: ['Ti_16', []],
  backend: ['cuda', 'WASM', 0],
  webgpu: [true, []],
  tfjs: ['cpu', []],
  preprocess: [0, true],
  merge: [-1, 1.5, '8', [1, -1], [2.5], Array(2)],
  imageSize: [0, -1, 1.5, '224', [224], [224, 224, 3], [224, '224'], [224, 0], 1e6, Array(2)],
  resample: ['bilinear', 1],
  storedGrid: [14, [14], [0, 14], Array(2)],
  prefix: [1, ['a']],
  neighbours: [1, 'no'],
  onNotice: ['log', {}],
  labels: ['mnist', [1, 2], Array(2), [null], { length: 2 }, new Set(['a'])],
  hub: ['https://example.com', []],
  dtype: ['float32', 'F16', 32],
  threads: [0, -1, 1.5, 65, '4', Number.POSITIVE_INFINITY],
  blocking: [0, 'yes'],
  offThread: [0, 'yes'],
  wide: [1, 'no'],
  kernels: ['mmx', 8],
  signal: [{}, { aborted: false }, new AbortController()],
  onProgress: [{}, 'log'],
  maxBytes: [-1, '8GB'],
}

const config: WrongOptions<ViTConfig> = {
  family: ['resnet'],
  imageSize: [224, [224], [224, 0], [1.5, 2], Array(2)],
  channels: [0, 2, '3'],
  patchSize: [16, [16, -1], '16'],
  width: [0, 1.5, '192'],
  depth: [0, -1],
  heads: [0, '3'],
  mlpWidth: [0],
  classifier: ['map', true],
  classToken: [1],
  distilled: ['no'],
  representation: [-1],
  classes: [-1, 1.5],
  gelu: ['relu'],
  eps: [-1, '1e-6', Number.POSITIVE_INFINITY],
  qkvBias: [0],
  normAfterPool: [0],
}

const webgpu: WrongOptions<WebgpuOptions> = {
  device: [{}, 'gpu'],
  powerPreference: ['high', 1],
  tune: [1],
  subgroups: [0],
  matrices: ['yes'],
  dawn: ['adapter=NVIDIA', [1], Array(1)],
  batch: [0, 1.5, '8'],
}

const tfjs: WrongOptions<TfjsOptions> = {
  tf: ['tf', 4],
  use: [1, {}],
  kernels: ['mine', true],
}

const hub: WrongOptions<HubOptions> = {
  url: [new URL('https://example.com'), 1],
  endpoint: [1],
  token: [1],
  offline: [1, 'yes'],
  cache: [true, {}, '/tmp', { find() {} }],
  maxCacheBytes: [-1, '20GB'],
  fetch: ['fetch', {}],
  onNotice: ['log'],
  timeout: [0, 2 ** 31, '30'],
  retryDelay: [-1],
}

const preprocess: WrongOptions<Recipe> = {
  fit: ['stretch', 1],
  filter: ['gaussian'],
  cropFraction: [0, 1.1, '1'],
  resizeTo: [0, 0.5, 1e6],
  maxPatches: [0, 0.5, 1e6, '256'],
  cropRounding: ['up'],
  mean: [[1e308, 0, 0], [0.5, 0.5], 0.5, ['0', '0', '0'], [-0.1, 0, 0], Array(3)],
  std: [[0, 1, 1], ['1', '1', '1'], [1, 1, Number.POSITIVE_INFINITY], Array(3), 1],
  rescale: [true, 'none'],
  rescaleFactor: [0, -1, '1', Number.POSITIVE_INFINITY],
}

/** None of these gets as far as a file. */
const withOptions = (given: never) => load(undefined, given)

testRows('load: options', () => optionRows('load', options, withOptions))

testRows('load: options within options', () => [
  ...nestedRows('load', 'config', config, withOptions),
  ...nestedRows('load', 'webgpu', webgpu, withOptions),
  ...nestedRows('load', 'tfjs', tfjs, withOptions),
  ...nestedRows('load', 'hub', hub, withOptions),
  ...nestedRows('load', 'preprocess', preprocess, ({ preprocess }: never) =>
    load(undefined, { preprocess: { ...RECIPES.timm, ...(preprocess as object) } }),
  ),
])

testRows('load: options that do not go together', () => {
  const row = (code: string, given: object): Row => ({
    name: JSON.stringify(given),
    code,
    run: () => load(undefined, given),
  })
  return [
    row('ARGUMENT', { preprocess: 'nonsense' }),
    row('ARGUMENT', { variant: 'B_17' }),
    row('ARGUMENT', { imageSize: 32, config: { imageSize: [32, 32] } }),
    row('ARGUMENT', { imageSize: 8 }),
    row('ARGUMENT', { labels: ['a', 'b'] }),
    row('ARGUMENT', { labels: 'cifar10' }),
    row('ARGUMENT', { config: { heads: 5 } }),
    row('UNSUPPORTED', { backend: 'reference', dtype: 'int8' }),
    row('UNSUPPORTED', { backend: 'tfjs', dtype: 'f16' }),
    row('UNSUPPORTED', { dtype: 'f16' }),
    row('UNSUPPORTED', { backend: 'webgpu', dtype: 'int8' }),
    row('LIMIT', { maxBytes: 0 }),
  ]
})

testRows('load: sources', () => {
  const row = (name: string, code: string, source: () => unknown): Row => ({
    name,
    code,
    run: () => load(source() as never, { hub: { offline: true, cache: false } }),
  })
  const chunks = (chunk: unknown) =>
    async function* () {
      yield chunk
    }
  const none = [null, 42, {}, [], true, 1n, Symbol('x'), () => {}, new Map(), Object.create(null)]
  const locked = new ReadableStream()
  locked.getReader()
  return [
    ...none.map((source, i) => row(`none of all, ${i}`, 'ARGUMENT', () => source)),
    row('an empty path', 'ARGUMENT', () => ''),
    row('an unknown scheme', 'SOURCE', () => 'ftp://example.com/a.npz'),
    row('a name of nothing', 'SOURCE', () => 'no-such-model'),
    row('no bytes', 'FORMAT', () => new Uint8Array(0)),
    row('bytes of something else', 'FORMAT', () => new Uint8Array(1000)),
    row('an empty Blob', 'FORMAT', () => new Blob([])),
    row('a stream of texts', 'ARGUMENT', chunks('text')),
    row('a stream of nothing', 'FORMAT', async function* () {}),
    row('a stream that fails', 'SOURCE', () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('broken')) }),
    })),
    row('a locked stream', 'SOURCE', () => locked),
    row('a transferred buffer', 'ARGUMENT', () => {
      const buffer = new ArrayBuffer(1000)
      structuredClone(buffer, { transfer: [buffer] })
      return buffer
    }),
    row('bytes of a transferred buffer', 'ARGUMENT', () => {
      const bytes = new Uint8Array(1000)
      structuredClone(bytes, { transfer: [bytes.buffer] })
      return bytes
    }),
  ]
})

test.run()
