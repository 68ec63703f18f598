import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Progress } from '../../../src/checkpoint/checkpoint.ts'
import { floatsToHalves, halvesToFloats } from '../../../src/checkpoint/read/half.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { FormatError, NumericError, UnsupportedError } from '../../../src/errors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import type { VitPublisher } from '../../../src/families/vit/names/publisher.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { quantizeRows } from '../../../src/quantization/int8.ts'
import { random } from '../../random.ts'
import { sharedBytes, sharedPath, sharedTest } from '../../shared.ts'
import { rejects } from '../collect.ts'
import { loadCheckpoint } from '../loading.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../models.ts'
import { simpleF32, simpleSafetensors } from '../simple.ts'

async function small(publisher: VitPublisher, variation: Partial<ViTConfig> = {}) {
  const config = { ...smallConfig, ...variation }
  const file = await openCheckpoint(await asSafetensors(tensorsOf(publisher, config)))
  return {
    file,
    plan: await planCheckpoint(file, { heads: config.heads, imageSize: config.imageSize }),
  }
}

type Small = Awaited<ReturnType<typeof small>>

const encoded = ({ file, plan }: Small, dtype: 'f32' | 'f16' | 'int8') =>
  collectBytes(encodeCheckpoint(file, plan, { dtype, metadata: { by: 'test' } }))

test('f32: any publisher in, timm and the same config out, the same weights', async () => {
  const cases: [VitPublisher, Partial<ViTConfig>][] = [
    [timm, {}],
    [timm, { distilled: true }],
    [timm, { normAfterPool: true, classifier: 'gap', qkvBias: false }],
    [official, { imageSize: [8, 20], patchSize: [2, 4] }],
    [official, { representation: 7 }],
    [official, { classToken: false, classifier: 'gap', classes: 0 }],
  ]
  for (const [publisher, variation] of cases) {
    const original = await small(publisher, variation)
    const bytes = await encoded(original, 'f32')
    const file = await openCheckpoint(bytes)
    const plan = await planCheckpoint(file)
    assert.is(plan.publisher, 'vitrine')
    assert.is(plan.recipe, original.plan.recipe)
    assert.equal(plan.config, original.plan.config)
    assert.is(file.metadata.by, 'test')
    assert.is(file.metadata.format, 'pt')
    assert.equal(
      await loadCheckpoint(file, plan),
      await loadCheckpoint(original.file, original.plan),
    )
    if (publisher === timm) {
      const tensors = tensorsOf(timm, { ...smallConfig, ...variation })
      const written = simpleSafetensors(bytes)
      assert.is(written.size, tensors.length)
      for (const { name, shape, values } of tensors) {
        assert.equal(written.get(name)?.shape, shape)
        assert.equal(simpleF32(written.get(name)!), values, name)
      }
    }
  }
})

test('progress is that of the new file', async () => {
  const { file, plan } = await small(official)
  const seen: Progress[] = []
  const onProgress = (progress: Progress) => void seen.push(progress)
  await collectBytes(encodeCheckpoint(file, plan, { dtype: 'int8', onProgress }))
  assert.ok(seen.length > 30)
  assert.ok(seen.every(({ loaded }, i) => loaded > (seen[i - 1]?.loaded ?? 0)))
  assert.is(seen.at(-1)?.loaded, seen[0]?.total)
})

test('f16: every value rounded once', async () => {
  const original = await small(official)
  const file = await openCheckpoint(await encoded(original, 'f16'))
  const weights = await loadCheckpoint(file, await planCheckpoint(file))
  for (const [name, values] of await loadCheckpoint(original.file, original.plan)) {
    const rounded = new Float32Array(values.length)
    halvesToFloats(floatsToHalves(values, name), rounded)
    assert.equal(weights.get(name), rounded)
  }
})

test('int8: the matrices of the blocks, as scale times integer; the rest as f16', async () => {
  const original = await small(official)
  const bytes = await encoded(original, 'int8')
  const stored = simpleSafetensors(bytes)
  for (const [name, { dtype, shape }] of stored) {
    const isMatrix = /^blocks\.\d+\.(attn|mlp)\.\w+\.weight$/.test(name)
    assert.is(dtype, isMatrix ? 'I8' : name.endsWith('.scale') ? 'F32' : 'F16', name)
    if (isMatrix) assert.equal(stored.get(`${name}.scale`)?.shape, shape.slice(0, 1))
  }
  const file = await openCheckpoint(bytes)
  const weights = await loadCheckpoint(file, await planCheckpoint(file))
  const fc1 = new Int8Array(stored.get('blocks.1.mlp.fc1.weight')!.data.buffer)
  const scales = simpleF32(stored.get('blocks.1.mlp.fc1.weight.scale')!)
  const kernel = weights.get('blocks.1.fc1.kernel')!
  for (let i = 0; i < 8; i++) {
    for (let o = 0; o < 12; o++) {
      assert.is(kernel[i * 12 + o], Math.fround(scales[o]! * fc1[o * 8 + i]!))
    }
  }
  // A stream gives every tensor once, in order; that must do.
  async function* stream() {
    for (let at = 0; at < bytes.length; at += 100) yield bytes.slice(at, at + 100)
  }
  const streamed = await openCheckpoint(stream())
  assert.equal(await loadCheckpoint(streamed, await planCheckpoint(streamed)), weights)
})

test('quantised rows: close, within both bounds, and a fixed point', () => {
  const next = random(5)
  const shapes: [rows: number, columns: number][] = [
    [40, 64],
    [30, 13],
    [5, 1],
  ]
  for (const [rows, columns] of shapes) {
    // Rows of very different sizes and tails; some all zero, some flat (where the group bound acts).
    const matrix = Float32Array.from({ length: rows * columns }, (_, i) => {
      const row = Math.floor(i / columns)
      const value =
        row % 3 === 0 ? Math.sign(next() - 0.5) * (1 - next() / 50) : (next() - 0.5) ** 3
      return row === 4 ? 0 : value * 10 ** (row % 7)
    })
    const { values, scales } = quantizeRows(matrix, rows, columns)
    const products = values.map(Number)
    const back = Float32Array.from(values, (q, i) => q * scales[Math.floor(i / columns)]!)
    for (let row = 0; row < rows; row++) {
      for (let start = 0; start < columns; start += 8) {
        for (const group of [
          [0, 1, 4, 5],
          [2, 3, 6, 7],
        ]) {
          const inside = group.filter((k) => start + k < columns)
          const sum = inside.reduce((s, k) => s + Math.abs(products[row * columns + start + k]!), 0)
          assert.ok(sum <= 256, `row ${row}: ${sum}`)
        }
      }
    }
    matrix.forEach((weight, i) => {
      const scale = scales[Math.floor(i / columns)]!
      assert.ok(Math.abs(weight - values[i]! * scale) <= scale * 0.500001, `${i}`)
    })
    const again = quantizeRows(back, rows, columns)
    assert.equal(again.values, values)
    again.scales.forEach((scale, i) => {
      assert.ok(Math.abs(scale - scales[i]!) <= scales[i]! * 3e-7)
    })
  }
})

test('values that a type can not hold', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  tensors.find(({ name }) => name === 'head.weight')!.values[3] = 1e6
  const file = await openCheckpoint(await asSafetensors(tensors))
  const plan = await planCheckpoint(file, { heads: 2 })
  await rejects(encoded({ file, plan }, 'f16'), UnsupportedError, /head\.weight.*1000000/)
  tensors.find(({ name }) => name === 'blocks.0.mlp.fc1.weight')!.values[3] = Number.NaN
  const broken = await openCheckpoint(await asSafetensors(tensors))
  await rejects(
    encoded({ file: broken, plan }, 'int8'),
    NumericError,
    /fc1\.weight.*value 3 is NaN/,
  )
  // Finite, but not what a group of them adds up to.
  tensors.find(({ name }) => name === 'blocks.0.mlp.fc1.weight')!.values.fill(3e38)
  const huge = await openCheckpoint(await asSafetensors(tensors))
  await rejects(encoded({ file: huge, plan }, 'int8'), UnsupportedError, /fc1\.weight.*sum to more/)
})

test('metadata that make no sense', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const config = JSON.stringify(smallConfig)
  const open = async (metadata: Record<string, string>) =>
    await planCheckpoint(await openCheckpoint(await asSafetensors(tensors, metadata)))
  const good = { 'vitrine.config': config, 'vitrine.preprocess': 'timm' }
  assert.equal((await open(good)).config, smallConfig)
  const bad: [Record<string, string>, RegExp][] = [
    [{ 'vitrine.config': '{' }, /JSON/],
    [{ 'vitrine.config': 'null' }, /family/],
    [{ 'vitrine.config': config.replace('"erf"', '"relu"') }, /gelu/],
    [{ 'vitrine.config': config.replace('"heads":2', '"heads":-2') }, /heads/],
    [{ 'vitrine.config': config.replace('[12,12]', '[12]') }, /imageSize/],
    [{ 'vitrine.preprocess': 'constructor' }, /preprocess/],
    [{ 'vitrine.preprocess': '{' }, /preprocess/],
    [{ 'vitrine.preprocess': '{"fit":"squash"}' }, /preprocess/],
    [{ 'vitrine.labels': '["a"]' }, /labels/],
    [{ 'vitrine.labels': '[1,2,3,4,5]' }, /labels/],
    [{ 'vitrine.labels': 'cifar100' }, /labels/],
    [{ 'vitrine.labels': 'toString' }, /labels/],
    [{ 'vitrine.labels': '[' }, /labels.*JSON/],
    [{ 'vitrine.resample': 'nearest' }, /resample/],
  ]
  for (const [change, message] of bad)
    await rejects(open({ ...good, ...change }), FormatError, message)
})

sharedTest("the real Ti/16: timm's file comes out of the official one, bit for bit", async () => {
  const file = await openCheckpoint(
    sharedPath('data/weights/Ti_16-imagenet2012-224.google-layout.npz'),
  )
  const bytes = await encoded({ file, plan: await planCheckpoint(file) }, 'f32')
  await file.close()
  const ours = simpleSafetensors(bytes)
  const theirs = simpleSafetensors(
    sharedBytes('data/weights/vit_tiny_patch16_224.timm.safetensors'),
  )
  assert.equal([...ours.keys()].sort(), [...theirs.keys()].sort())
  for (const [name, { shape, data }] of theirs) {
    assert.equal(ours.get(name)!.shape, shape)
    assert.is(Buffer.compare(ours.get(name)!.data, data), 0, name)
  }
})

sharedTest('the model that comes with the package comes from there too', async () => {
  const file = await openCheckpoint(
    sharedPath('data/weights/Ti_16-imagenet2012-224.google-layout.npz'),
  )
  const made = simpleSafetensors(await encoded({ file, plan: await planCheckpoint(file) }, 'int8'))
  await file.close()
  const asset = new URL('../../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
  const shipped = await openCheckpoint(asset)
  assert.is((await planCheckpoint(shipped)).recipe, 'official')
  const stored = simpleSafetensors(readFileSync(asset))
  assert.equal([...stored.keys()], [...made.keys()])
  for (const [name, { data }] of made)
    assert.is(Buffer.compare(data, stored.get(name)!.data), 0, name)
  await shipped.close()
})

test.run()
