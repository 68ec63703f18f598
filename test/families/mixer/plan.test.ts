import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import { encodeCheckpoint, encodeNpz } from '../../../src/families/encode.ts'
import type { MixerConfig } from '../../../src/families/mixer/config.ts'
import { official } from '../../../src/families/mixer/names/official.ts'
import { timm } from '../../../src/families/mixer/names/timm.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { load } from '../../../src/index.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { asNpz, asSafetensors, renamed, type TensorToMake } from '../../checkpoint/models.ts'
import { mixerTensors, smallMixer } from '../../checkpoint/networks.ts'
import { checkRoundTrip } from '../../checkpoint/round-trip.ts'

async function plan(tensors: readonly TensorToMake[], overrides: Partial<MixerConfig> = {}) {
  const file = await openCheckpoint(await asSafetensors(tensors))
  return { file, plan: await planCheckpoint(file, overrides) }
}

const zero = (name: string, shape: number[]): TensorToMake => ({
  name,
  shape,
  dtype: 'f32',
  values: new Float32Array(shape.reduce((count, side) => count * side, 1)),
})

test('names and shapes tell the config, below other names too', async () => {
  for (const publisher of [official, timm]) {
    for (const changes of [{}, { classes: 0 }, { channels: 1 }, { patchSize: [3, 4] }] as const) {
      const made = { ...smallMixer, ...publisher.defaults, ...changes }
      const config: MixerConfig = {
        ...made,
        imageSize: made.patchSize.map((side) => 3 * side) as never,
      }
      const tensors = mixerTensors(publisher, config)
      const between = publisher === official ? 'params/' : 'model.'
      for (const named of [tensors, renamed(tensors, (name) => between + name)]) {
        const { file, plan: found } = await plan(named)
        assert.equal(found.config, config)
        assert.equal(found.ignored, [])
        assert.is(found.publisher, publisher.name)
        await loadCheckpoint(file, found)
      }
    }
  }
})

test('the preprocessing is that of the publisher; timm crops less than for its ViTs', async () => {
  assert.is((await plan(mixerTensors(official))).plan.recipe, 'official')
  const { recipe } = (await plan(mixerTensors(timm))).plan
  assert.is(typeof recipe === 'object' && recipe.cropFraction, 0.875)
})

test('an image of another number of patches is refused with the reason', async () => {
  const { plan: padded } = await plan(mixerTensors(official), { imageSize: [9, 11] })
  assert.equal(padded.config.imageSize, [9, 11])
  const cut = await plan(mixerTensors(timm), { imageSize: [15, 13] })
  assert.equal(cut.plan.config.imageSize, [15, 13])
  const { plan: oblong } = await plan(mixerTensors(official), { imageSize: [4, 36] })
  assert.equal(oblong.config.imageSize, [4, 36])
  for (const [publisher, imageSize, message] of [
    [official, [13, 12], /13 x 12 pixels has 12 patches of 4 x 4 \(padded\), and .* mixes 9/],
    [timm, [11, 12], /11 x 12 pixels has 6 patches of 4 x 4, and .* mixes 9.*can't be resized/],
    [timm, [3, 12], /holds no patch/],
  ] as const) {
    await rejects(plan(mixerTensors(publisher), { imageSize }), ArgumentError, message)
  }
  const { file, plan: found } = await plan(mixerTensors(timm))
  const own = await collectBytes(encodeCheckpoint(file, found, { dtype: 'f32' }))
  await rejects(load(own, { imageSize: [16, 16] }), ArgumentError, /16 patches.*mixes 9/)
  const many = { ...smallMixer, imageSize: [8, 12] } as const
  await rejects(plan(mixerTensors(official, many)), ArgumentError, /mixes 6 patches.*imageSize/)
})

test('a Mixer has no attention and no position embeddings to show', async () => {
  using model = await load(await asSafetensors(mixerTensors(official)), { backend: 'reference' })
  const image = { width: 12, height: 12, data: new Uint8Array(12 * 12 * 3) }
  await rejects(model.attention(image), UnsupportedError, /attention/)
  await rejects(model.inputEmbeddings(), UnsupportedError)
  assert.is((await model.embed(image)).length, 8)
})

test('converted to our names and back it has the same values', async () => {
  for (const publisher of [official, timm]) {
    const config = { ...smallMixer, ...publisher.defaults }
    const { file, plan: before } = await plan(mixerTensors(publisher, config))
    const own = await checkRoundTrip(file, before)
    for (const { name, shape } of mixerTensors(timm, config)) {
      assert.equal(own.tensors.get(name)?.shape, shape, name)
    }
    const int8 = await openCheckpoint(
      await collectBytes(encodeCheckpoint(file, before, { dtype: 'int8' })),
    )
    const rounded = await loadCheckpoint(int8, (await planOwn(int8, {}, {}))!)
    for (const [name, values] of await loadCheckpoint(file, before)) {
      assert.ok(
        values.every((value, i) => Math.abs(value - rounded.get(name)![i]!) <= 0.5 / 127),
        name,
      )
    }
  }
})

test('an official file is the same after it was one of ours', async () => {
  const file = await openCheckpoint(asNpz(mixerTensors(official)))
  const first = await planCheckpoint(file)
  const own = await openCheckpoint(
    await collectBytes(encodeCheckpoint(file, first, { dtype: 'f32' })),
  )
  const npz = await openCheckpoint(
    await collectBytes(encodeNpz(own, await planCheckpoint(own), {})),
  )
  assert.equal([...npz.tensors.keys()].sort(), [...file.tensors.keys()].sort())
  const again = await planCheckpoint(npz)
  assert.equal(again.config, first.config)
  assert.equal(await loadCheckpoint(npz, again), await loadCheckpoint(file, first))
})

test('what does not fit is named; a head without bias has zeros', async () => {
  const tensors = mixerTensors(official)
  const without = (name: string) => tensors.filter((tensor) => tensor.name !== name)
  const cases: [TensorToMake[], Partial<MixerConfig>, RegExp][] = [
    [without('pre_head_layer_norm/bias'), {}, /1 missing \(pre_head_layer_norm\/bias\)/],
    [without('MixerBlock_1/LayerNorm_1/bias'), {}, /1 missing \(MixerBlock_1\/LayerNorm_1\/bias\)/],
    [[...tensors, zero('MixerBlock_0/gate', [1])], {}, /1 extra \(MixerBlock_0\/gate\)/],
    [tensors, { depth: 1 }, /extra \(MixerBlock_1/],
    [tensors, { mlpWidth: 12 }, /misshapen \(MixerBlock_0\/channel_mixing\/Dense_0\/kernel/],
  ]
  for (const [made, config, message] of cases)
    await rejects(plan(made, config), CheckpointError, message)
  await rejects(plan(tensors, { depth: 1000 }), ArgumentError, /has not the 1000 blocks/)
  const { file, plan: found } = await plan(without('head/bias'))
  const bias = (await loadCheckpoint(file, found)).get('head.bias')!
  assert.ok(bias.every((value) => value === 0))
  const headless = await plan(tensors, { classes: 0 })
  assert.equal([...headless.plan.ignored].sort(), ['head/bias', 'head/kernel'])
})

test('other networks of MLPs are refused by name', async () => {
  const cases: [string, RegExp][] = [
    ['blocks.0.linear_tokens.weight', /ResMLP/],
    ['blocks.0.mlp_channels.gate.norm.weight', /gMLP/],
  ]
  for (const [name, message] of cases) {
    await rejects(plan([...mixerTensors(timm), zero(name, [2])]), UnsupportedError, message)
  }
})

test.run()
