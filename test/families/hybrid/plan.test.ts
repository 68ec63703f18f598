import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import { encodeCheckpoint, encodeNpz } from '../../../src/families/encode.ts'
import type { HybridConfig } from '../../../src/families/hybrid/config.ts'
import { official } from '../../../src/families/hybrid/names/official.ts'
import type { HybridPublisher } from '../../../src/families/hybrid/names/publisher.ts'
import { timm } from '../../../src/families/hybrid/names/timm.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import { type PlanOptions, planCheckpoint } from '../../../src/families/plan.ts'
import { load } from '../../../src/index.ts'
import { readAll, rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { asNpz, asSafetensors, renamed, type TensorToMake } from '../../checkpoint/models.ts'
import { hybridTensors, smallHybrid } from '../../checkpoint/networks.ts'
import { checkRoundTrip } from '../../checkpoint/round-trip.ts'

/** What neither names nor shapes tell of the small model: files have 32 groups unless told otherwise. */
const told = { heads: 2, groups: 2 }

async function plan(
  tensors: readonly TensorToMake[],
  overrides: Partial<HybridConfig> = told,
  options: PlanOptions = {},
) {
  const file = await openCheckpoint(await asSafetensors(tensors))
  return { file, plan: await planCheckpoint(file, overrides, options) }
}

const zero = (name: string, shape: number[]): TensorToMake => ({
  name,
  shape,
  dtype: 'f32',
  values: new Float32Array(shape.reduce((count, side) => count * side, 1)),
})

test('names and shapes tell the config, for both publishers and every depth of the ResNet', async () => {
  for (const publisher of [official, timm]) {
    for (const units of [[], [1], [2, 1], [1, 2, 1]]) {
      const config: HybridConfig = { ...smallHybrid, units, imageSize: [64, 64] }
      const own = { ...config, ...publisher.defaults, groups: 2 }
      const { file, plan: found } = await plan(hybridTensors(publisher, own))
      assert.equal(found.config, own)
      assert.equal(found.ignored, [])
      assert.is(found.publisher, publisher.name)
      await loadCheckpoint(file, found)
    }
  }
})

test('norms stored as [1, 1, 1, channels], names from before Linen, names below others', async () => {
  const tensors = hybridTensors(official)
  const { file, plan: expected } = await plan(tensors)
  const weights = await loadCheckpoint(file, expected)
  const stored = tensors.map((tensor) =>
    /\/gn|^gn/.test(tensor.name) ? { ...tensor, shape: [1, 1, 1, ...tensor.shape] } : tensor,
  )
  const older = renamed(stored, (name) =>
    `opt/target/${name}`
      .replace('LayerNorm_1', 'LayerNorm_2')
      .replace('MultiHeadDotProductAttention_0', 'MultiHeadDotProductAttention_1')
      .replace('MlpBlock_0', 'MlpBlock_3'),
  )
  const other = await plan(older)
  assert.equal(other.plan.config, expected.config)
  assert.equal(await loadCheckpoint(other.file, other.plan), weights)
})

/** A kernel as it is computed with, in f64, the long way. */
function naive(
  values: Float32Array,
  columns: number,
  { kernelEps: eps, kernelEpsOn: on }: HybridConfig,
): number[] {
  const rows = values.length / columns
  const result = new Array<number>(values.length)
  for (let column = 0; column < columns; column++) {
    const channel = Array.from({ length: rows }, (_, row) => values[row * columns + column]!)
    const mean = channel.reduce((sum, value) => sum + value, 0) / rows
    const variance = channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows
    const by = on === 'variance' ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps
    channel.forEach((value, row) => {
      result[row * columns + column] = (value - mean) / by
    })
  }
  return result
}

test('convolutions of the ResNet are standardised when a model is loaded, and no other kernel', async () => {
  const tensors = hybridTensors(official)
  const { file } = await plan(tensors)
  for (const changes of [
    {},
    { kernelEps: 0.25 },
    { kernelEps: 0.25, kernelEpsOn: 'variance' },
  ] as Partial<HybridConfig>[]) {
    const found = await planCheckpoint(file, { ...told, ...changes })
    const weights = await loadCheckpoint(file, found)
    const same = (stored: string, weight: string, columns: number) => {
      const { values } = tensors.find(({ name }) => name === stored)!
      const expected = naive(values, columns, found.config as HybridConfig)
      const loaded = weights.get(weight)!
      expected.forEach((value, i) => {
        assert.ok(
          Math.abs(loaded[i]! - value) <= 1e-6 * Math.max(1, Math.abs(value)),
          `${weight} ${i}`,
        )
      })
    }
    same('conv_root/kernel', 'root.kernel', 4)
    same('block1/unit1/conv_proj/kernel', 'stages.0.units.0.proj.kernel', 16)
    same('block2/unit1/conv2/kernel', 'stages.1.units.0.conv2.kernel', 8)
    const patch = tensors.find(({ name }) => name === 'embedding/kernel')!
    assert.equal(weights.get('patch.kernel'), patch.values)
  }
})

test('a channel of equal weights becomes zeros', async () => {
  const tensors = hybridTensors(official).map((tensor) =>
    tensor.name === 'conv_root/kernel'
      ? { ...tensor, values: tensor.values.map((value, i) => (i % 4 === 1 ? 3 : value)) }
      : tensor,
  )
  const { file, plan: found } = await plan(tensors)
  const kernel = (await loadCheckpoint(file, found)).get('root.kernel')!
  assert.ok(kernel.every((value, i) => (i % 4 === 1 ? value === 0 : value !== 0)))
})

test('converted to our names and back it has the same values; it computes with the same bits', async () => {
  for (const publisher of [official, timm]) {
    const config: HybridConfig = { ...smallHybrid, ...publisher.defaults, stemWidth: 32 }
    const tensors = hybridTensors(publisher, config)
    const { file, plan: before } = await plan(tensors, { heads: 2 })
    const own = await checkRoundTrip(file, before)
    for (const { name, shape } of hybridTensors(timm, config)) {
      assert.equal(own.tensors.get(name)?.shape, shape, name)
    }
  }
})

test('an official file is the same after it was one of ours', async () => {
  const source = asNpz(hybridTensors(official, { ...smallHybrid, stemWidth: 32 }))
  const file = await openCheckpoint(source)
  const first = await planCheckpoint(file)
  const own = await openCheckpoint(
    await collectBytes(encodeCheckpoint(file, first, { dtype: 'f32' })),
  )
  const npz = await openCheckpoint(
    await collectBytes(encodeNpz(own, await planCheckpoint(own), {})),
  )
  const again = await planCheckpoint(npz)
  assert.equal(again.config, first.config)
  for (const name of file.tensors.keys()) {
    if (npz.tensors.has(name))
      assert.equal(await readAll(npz, name), await readAll(file, name), name)
  }
  assert.ok(npz.tensors.has('block2/unit1/conv2/kernel'))
  // The others have the names from before Linen.
  assert.equal(await loadCheckpoint(npz, again), await loadCheckpoint(file, first))
})

test('f16 and int8 files keep the convolutions close', async () => {
  const tensors = hybridTensors(timm, { ...smallHybrid, ...timm.defaults, groups: 2 })
  const { file, plan: found } = await plan(tensors)
  const expected = await loadCheckpoint(file, found)
  for (const dtype of ['f16', 'int8'] as const) {
    const own = await openCheckpoint(await collectBytes(encodeCheckpoint(file, found, { dtype })))
    const weights = await loadCheckpoint(own, (await planOwn(own, {}, {}))!)
    for (const [name, values] of expected) {
      const isConvolution = /^(root|stages)\..*kernel$/.test(name)
      const bound = isConvolution ? 5e-3 : 1e-2
      const error = values.reduce(
        (most, v, i) => Math.max(most, Math.abs(v - weights.get(name)![i]!)),
        0,
      )
      assert.ok(error <= bound, `${name} in ${dtype}: off by ${error}`)
    }
  }
})

test('positions are resized over the grid of the features, rounded up', async () => {
  const tensors = hybridTensors(official)
  const resized = async (imageSize: [number, number], options: PlanOptions = {}) => {
    const { plan: found } = await plan(tensors, { ...told, imageSize }, options)
    return found.pieces.get('position')!.find(({ rearrange }) => rearrange)?.rearrange
  }
  assert.is(await resized([48, 48]), undefined)
  // 41 pixels have features of 6 positions, and 3 patches of 2.
  assert.is(await resized([41, 55]), undefined)
  const larger = await resized([65, 97])
  assert.is(larger?.kind, 'resize')
  assert.equal(larger?.kind === 'resize' && [larger.from, larger.to], [
    [3, 3],
    [4, 6],
  ])
  // A file of ours says which image it was made for.
  const { file, plan: made } = await plan(
    tensors,
    { ...told, imageSize: [48, 80] },
    {
      storedGrid: [3, 3],
    },
  )
  const own = await openCheckpoint(
    await collectBytes(encodeCheckpoint(file, made, { dtype: 'f32' })),
  )
  const square = (await planOwn(own, { imageSize: [80, 80] }, {}))!
  const piece = square.pieces.get('position')!.find(({ rearrange }) => rearrange)!.rearrange!
  assert.equal(piece.kind === 'resize' && [piece.from, piece.to], [
    [3, 5],
    [5, 5],
  ])
})

test('attention and embeddings are shown over the grid of patches', async () => {
  const config = { ...told, imageSize: [48, 80] } as const
  const bytes = await asSafetensors(hybridTensors(official, { ...smallHybrid, ...config }))
  using model = await load(bytes, { backend: 'reference', config })
  const image = { width: 80, height: 48, data: new Uint8Array(48 * 80 * 3).fill(90) }
  const { grid, shape, rollout } = await model.attention(image)
  assert.equal([grid, shape, rollout.length], [[3, 5], [2, 2, 16, 16], 15])
  const { filterShape, positions } = await model.inputEmbeddings()
  // Patches of 2 x 2 positions of 32 features.
  assert.equal(filterShape, [8, 2, 2, 32])
  assert.is(positions.length, 15 * 8)
})

test('what does not fit is named', async () => {
  const tensors = hybridTensors(official)
  const without = (name: string) => tensors.filter((tensor) => tensor.name !== name)
  const cases: [TensorToMake[], Partial<HybridConfig>, RegExp][] = [
    [without('block1/unit2/conv2/kernel'), told, /1 missing \(block1\/unit2\/conv2\/kernel\)/],
    [without('gn_root/scale'), told, /1 missing \(gn_root\/scale\)/],
    [[...tensors, zero('block1/unit1/conv4/kernel', [1])], told, /1 extra \(block1\/unit1\/conv4/],
    [tensors, { ...told, units: [2] }, /extra .*block2\/unit1.*misshapen .*embedding\/kernel/],
    [tensors, { ...told, units: [2, 2] }, /missing \(block2\/unit2/],
    [
      tensors,
      { ...told, stemWidth: 8 },
      /misshapen .*conv_root\/kernel: \[7, 7, 3, 4\], expected \[7, 7, 3, 8\]/,
    ],
    [[...tensors, zero('block1/unit0/conv1/kernel', [1])], told, /block1\/unit0/],
    [[...tensors, zero('block999999999/unit1/conv1/kernel', [1])], told, /block999999999/],
    [[...tensors, zero('block3/unit99999999/conv1/kernel', [1])], told, /unit99999999/],
  ]
  for (const [made, config, message] of cases)
    await rejects(plan(made, config), CheckpointError, message)
  await rejects(
    plan(tensors, { ...told, units: [1e6, 1] }),
    ArgumentError,
    /has not the 1000000 \+ 1 units/,
  )
  await rejects(
    plan(tensors, { ...told, imageSize: [8, 8] }),
    ArgumentError,
    /hold no patch of 2 x 2/,
  )
})

test('hybrids over other networks, and other relatives, are refused by name', async () => {
  const add = (publisher: HybridPublisher, name: string) => [
    ...hybridTensors(publisher),
    zero(name, [2]),
  ]
  const cases: [TensorToMake[], RegExp][] = [
    [add(timm, 'patch_embed.backbone.layer1.0.conv1.weight'), /hybrid over another network/],
    [add(timm, 'patch_embed.backbone.conv1.0.weight'), /hybrid over another network/],
    [add(timm, 'blocks.0.ls1.gamma'), /hybrid over another network/],
    [add(timm, 'blocks.0.attn.q_norm.weight'), /qk-norm/],
    [add(official, 'MAPHead_0/probe'), /MAP/],
  ]
  for (const [made, message] of cases) await rejects(plan(made), UnsupportedError, message)
})

test.run()
