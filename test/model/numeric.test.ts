import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { type ImageModel, type LoadOptions, load, NumericError } from '../../src/index.ts'
import { overflowError } from '../../src/model/overflow.ts'
import { lavapipe, swiftshader } from '../backends/webgpu/adapters.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'

/** A checkpoint in which some values of a tensor are others. */
async function broken(tensor: string, change: (values: Float32Array) => void): Promise<Uint8Array> {
  const tensors = tensorsOf(timm, smallConfig)
  change(tensors.find(({ name }) => name === tensor)!.values)
  return asSafetensors(tensors)
}

const common: LoadOptions = { config: { heads: 2 }, threads: 1, wide: false }

const backends: LoadOptions[] = [
  {},
  { dtype: 'int8' },
  { dtype: 'int16' },
  { backend: 'reference' },
  { backend: 'tfjs', tfjs: { use: 'cpu' } },
]
/** Whatever GPU is here, also one that has no f16. */
const gpu = lavapipe ?? swiftshader
if (!gpu) console.log('skipping GPUs: there is none, not even in software')
const onGpu: LoadOptions = { backend: 'webgpu', ...(gpu && { webgpu: gpu }) }

const { imageSize } = smallConfig
const image = {
  width: imageSize[1],
  height: imageSize[0],
  data: Uint8Array.from({ length: 3 * imageSize[0] * imageSize[1] }, (_, i) => (37 * i) % 256),
}

const calls: Record<string, (vit: ImageModel) => Promise<unknown>> = {
  classify: (vit) => vit.classify(image),
  classifyAll: (vit) => vit.classifyAll([image]).next(),
  embed: (vit) => vit.embed(image),
  logits: async (vit) => vit.logits(await vit.pixels(image)),
  attention: (vit) => vit.attention(image),
}

async function numericError(promise: Promise<unknown>, what: string): Promise<NumericError> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  )
  assert.instance(error, NumericError, `${what}: ${error}`)
  assert.is(error.code, 'NUMERIC')
  return error
}

test('weights that are not finite are found while they are read, by name, for all backends', async () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const options of backends) {
    for (const [i, tensor] of ['blocks.1.mlp.fc1.weight', 'head.bias', 'pos_embed'].entries()) {
      const bytes = await broken(tensor, (all) => all.fill(values[i]!, 3, 4))
      const error = await numericError(load(bytes, { ...common, ...options }), tensor)
      assert.equal(error.tensors, [tensor])
      assert.match(error.message, `value 3 is ${values[i]}`)
      assert.ok(error.message.startsWith(`${tensor} of `), error.message)
    }
  }
})

test('values that do not fit f32 are not finite either', async () => {
  const tensors = tensorsOf(timm, smallConfig).map((tensor) => ({
    ...tensor,
    dtype: 'f64' as const,
  }))
  const wide = tensors.map((tensor) => {
    const values = Float64Array.from(tensor.values)
    if (tensor.name === 'head.bias') values[2] = 1e200
    return { ...tensor, values: values as unknown as Float32Array }
  })
  const error = await numericError(load(await asSafetensors(wide), common), 'f64')
  assert.equal(error.tensors, ['head.bias'])
  assert.match(error.message, 'value 2 is Infinity in f32')
})

test('a value in between that overflows is told from weights, with its block', async () => {
  const bytes = await broken('blocks.1.norm1.weight', (values) => values.fill(1e38))
  // Float64 does not overflow so soon.
  const narrow = backends.filter(({ backend }) => backend !== 'reference')
  for (const options of gpu ? [...narrow, onGpu] : narrow) {
    using vit = await load(bytes, { ...common, ...options })
    for (const [name, call] of Object.entries(calls)) {
      const error = await numericError(call(vit), `${name} ${JSON.stringify(options)}`)
      assert.equal(error.tensors, [])
      assert.match(error.message, /too large for f32, first in blocks\.1;/)
    }
    // The model is as good as before.
    assert.is((await vit.pixels(image)).length, image.data.length)
  }
})

test('logits beyond f32 are not finite, where the features are', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const fill = { 'norm.weight': 0, 'norm.bias': 1, 'head.weight': 3e38 }
  for (const [name, value] of Object.entries(fill)) {
    tensors.find((tensor) => tensor.name === name)!.values.fill(value)
  }
  const bytes = await asSafetensors(tensors)
  for (const options of backends) {
    using vit = await load(bytes, { ...common, ...options })
    assert.ok((await vit.embed(image)).every((value) => Math.abs(value - 1) < 1e-3))
    const { message } = await numericError(vit.classify(image), JSON.stringify(options))
    assert.match(message, 'The values of logits are not finite')
    assert.not.match(message, 'first in')
  }
})

const withF16 = lavapipe ? test : test.skip
if (!lavapipe) console.log('skipping f16: there is no GPU that has it, not even in software')

withF16('weights beyond f16 are refused by name', async () => {
  const large = await broken('blocks.0.mlp.fc1.weight', (values) => values.fill(-70_000, 5, 6))
  const promise = load(large, { ...common, ...onGpu, dtype: 'f16' })
  const { message } = await numericError(promise, 'weights')
  assert.match(message, 'blocks.0.fc1.kernel is -70000; f16 ends at 65,504')
})

const stages = [
  ['tokens', 'tokens'],
  ['features', 'features'],
] as const

test('where f16 overflows, f32 is advised', async () => {
  const backend = { ...referenceBackend, dtype: 'f16' } as const
  const values = Float32Array.of(1, Number.POSITIVE_INFINITY)
  const ended = async () => ({ tokens: values, features: values })
  const error = await overflowError('logits', stages, backend, ended)
  assert.instance(error, NumericError)
  assert.match(
    error.message,
    "f16, which ends at 65,504, first in tokens; load the model with dtype: 'f32'",
  )
  // Where that can't be computed, the error says what is known.
  const failing = async () => {
    throw new Error('no memory')
  }
  const other = await overflowError('logits', stages, backend, failing)
  assert.match(other.message, 'ends at 65,504; load')
})

test('pixels that are not finite are refused before anything is computed', async () => {
  using vit = await load(await asSafetensors(tensorsOf(timm, smallConfig)), common)
  const pixels = new Float32Array(2 * image.data.length)
  pixels[image.data.length + 7] = Number.NaN
  const error = await vit.logits(pixels).catch((error) => error)
  assert.is(error.code, 'ARGUMENT')
  assert.match(error.message, 'Image 1: The pixels must be finite, and value 7 is NaN')
  assert.is(error.index, 1)
})

test.run()
