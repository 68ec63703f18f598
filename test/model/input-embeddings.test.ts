import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { official } from '../../src/families/vit/names/official.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { load } from '../../src/index.ts'
import {
  asNpz,
  asSafetensors,
  smallConfig,
  type TensorToMake,
  tensorsOf,
} from '../checkpoint/models.ts'
import { type SimpleTensor, simpleSafetensors } from '../checkpoint/simple.ts'
import { until } from '../until.ts'

const options = { config: { heads: 2 }, threads: 1, wide: false, onNotice() {} } as const
const [side, channels, width] = [4, 3, 8]

async function rejects(promise: Promise<unknown>, code: string, text = /./): Promise<void> {
  try {
    await promise
  } catch (error) {
    assert.is((error as { code?: string }).code, code, String(error))
    return assert.match((error as Error).message, text)
  }
  assert.unreachable('it did not fail')
}

const valuesOf = (tensors: readonly TensorToMake[], name: string) =>
  tensors.find((tensor) => tensor.name === name)!.values

/** The cosine, written plainly. */
function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

function checkSimilarity(similarity: Float32Array, positions: Float32Array, width: number): void {
  const count = positions.length / width
  assert.is(similarity.length, count * count)
  const row = (i: number) => positions.subarray(i * width, (i + 1) * width)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const difference = Math.abs(similarity[i * count + j]! - cosine(row(i), row(j)))
      assert.ok(difference < 1e-5, `${i}, ${j}: ${difference}`)
    }
  }
}

test('filters and positions are the values of a PyTorch checkpoint, whatever the model computes with', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const bytes = await asSafetensors(tensors)
  const kernel = valuesOf(tensors, 'patch_embed.proj.weight')
  for (const dtype of ['f32', 'int8'] as const) {
    using vit = await load(bytes, { ...options, dtype })
    const { filters, filterShape, positions, similarity, grid } = await vit.inputEmbeddings()
    assert.equal(
      [filterShape, grid],
      [
        [width, side, side, channels],
        [3, 3],
      ],
    )
    for (let filter = 0; filter < width; filter++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          for (let c = 0; c < channels; c++) {
            const found = filters[((filter * side + y) * side + x) * channels + c]
            const expected = kernel[((filter * channels + c) * side + y) * side + x]
            assert.is(found, expected, `filter ${filter}, ${y}, ${x}, ${c}`)
          }
    assert.equal(positions, valuesOf(tensors, 'pos_embed').slice(width))
    checkSimilarity(similarity, positions, width)
  }
})

test('and those of an official npz, whose kernels are stored the other way round', async () => {
  const tensors = tensorsOf(official, smallConfig)
  using vit = await load(new Blob([asNpz(tensors) as Uint8Array<ArrayBuffer>]), options)
  const { filters, positions } = await vit.inputEmbeddings()
  const kernel = valuesOf(tensors, 'embedding/kernel')
  const count = side * side * channels
  for (let filter = 0; filter < width; filter++) {
    for (let i = 0; i < count; i++) {
      assert.is(filters[filter * count + i], kernel[i * width + filter])
    }
  }
  const position = tensors.find(({ name }) => /pos_?embed/.test(name))!
  assert.equal(positions, position.values.slice(width))
})

test('positions are those of the model: resized with its image size, without any prefix', async () => {
  const resized = { ...options, imageSize: 20 } as const
  const tensors = tensorsOf(timm, smallConfig)
  using vit = await load(await asSafetensors(tensors), resized)
  const { positions, similarity, grid } = await vit.inputEmbeddings()
  assert.equal(grid, [5, 5])
  assert.is(positions.length, 25 * width)
  checkSimilarity(similarity, positions, width)

  const distilled: ViTConfig = { ...smallConfig, distilled: true }
  const two = tensorsOf(timm, distilled)
  using deit = await load(await asSafetensors(two), options)
  assert.equal(
    (await deit.inputEmbeddings()).positions,
    valuesOf(two, 'pos_embed').slice(2 * width),
  )
})

test('a position embedding of zeros is similar to nothing', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  valuesOf(tensors, 'pos_embed').fill(0, width, 2 * width)
  using vit = await load(await asSafetensors(tensors), options)
  const { similarity } = await vit.inputEmbeddings()
  assert.equal([...similarity.subarray(0, 9)], new Array(9).fill(0))
  assert.ok(Math.abs(similarity[10]! - 1) < 1e-6)
})

test('those of the embedded model are the values of its file', async () => {
  const path = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
  const file = simpleSafetensors(readFileSync(path))
  const kernel = halves(file.get('patch_embed.proj.weight')!)
  const position = halves(file.get('pos_embed')!)
  using vit = await load()
  const { filters, filterShape, positions, similarity, grid } = await vit.inputEmbeddings()
  assert.equal(
    [filterShape, grid],
    [
      [192, 16, 16, 3],
      [14, 14],
    ],
  )
  assert.equal(positions, position.slice(192))
  // Filter 5, row 3, column 7, green.
  assert.is(filters[((5 * 16 + 3) * 16 + 7) * 3 + 1], kernel[((5 * 3 + 1) * 16 + 3) * 16 + 7])
  const sum = (values: Float32Array) => values.reduce((a, b) => a + Math.abs(b), 0)
  assert.ok(Math.abs(sum(filters) / sum(kernel) - 1) < 1e-9)
  assert.is(similarity.length, 196 * 196)
  for (let i = 0; i < 196; i++) assert.ok(Math.abs(similarity[i * 197]! - 1) < 1e-6)
  // Neighbours are more alike than far corners.
  assert.ok(similarity[1]! > similarity[195]!)
})

/** The numbers of an f16 tensor. */
function halves({ dtype, data }: SimpleTensor): Float32Array {
  assert.is(dtype, 'F16')
  const bits = new Uint16Array(Uint8Array.from(data).buffer)
  return Float32Array.from(bits, (half) => {
    const [sign, exponent, fraction] = [half >> 15, (half >> 10) & 31, half & 1023]
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
    return sign ? -size : size
  })
}

test('a stream, a transferred buffer, and a file that is gone or another one are refused', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const bytes = await asSafetensors(tensors)
  using streamed = await load(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(), options)
  await rejects(streamed.inputEmbeddings(), 'UNSUPPORTED', /stream/)

  const copy = Uint8Array.from(bytes)
  using vit = await load(copy, options)
  structuredClone(copy.buffer, { transfer: [copy.buffer] })
  await rejects(vit.inputEmbeddings(), 'ARGUMENT', /transferred/)

  const path = join(tmpdir(), `vitrine-input-embeddings-${process.pid}.safetensors`)
  try {
    writeFileSync(path, bytes)
    using fromFile = await load(path, options)
    const without = tensors.filter(({ name }) => name !== 'pos_embed')
    writeFileSync(path, await asSafetensors(without))
    await rejects(fromFile.inputEmbeddings(), 'CHECKPOINT', /pos_embed/)
    writeFileSync(path, await asSafetensors(tensorsOf(timm, { ...smallConfig, width: 16 })))
    await rejects(fromFile.inputEmbeddings(), 'CHECKPOINT', /changed/)
    rmSync(path)
    await rejects(fromFile.inputEmbeddings(), 'SOURCE')
  } finally {
    rmSync(path, { force: true })
  }
})

test('a model does not keep the bytes that it was loaded from', async () => {
  v8.setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let bytes: Uint8Array | undefined = await asSafetensors(tensorsOf(timm, smallConfig))
  using vit = await load(bytes, options)
  await vit.inputEmbeddings()
  const held = new WeakRef(bytes)
  bytes = undefined
  await until(() => {
    collect()
    return held.deref() === undefined
  }, 'the bytes are collected')
  await rejects(vit.inputEmbeddings(), 'SOURCE', /keep a reference/)
})

test('an abort ends it with its reason', async () => {
  using vit = await load(await asSafetensors(tensorsOf(timm, smallConfig)), options)
  const reason = new Error('enough')
  try {
    await vit.inputEmbeddings({ signal: AbortSignal.abort(reason) })
    assert.unreachable('it did not fail')
  } catch (error) {
    assert.is(error, reason)
  }
})

test.run()
