import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import type { LiTConfig } from '../../../src/families/lit/config.ts'
import { litTargets } from '../../../src/families/lit/targets.ts'
import { litVariants } from '../../../src/families/lit/variants.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { readAll, rejects } from '../../checkpoint/collect.ts'
import { asNpz, asSafetensors, renamed, type TensorToMake } from '../../checkpoint/models.ts'
import { litTensors, prelinen, tiny, unsaid } from '../../text/tiny-lit.ts'

const names = Object.keys(tiny) as (keyof typeof tiny)[]

const planOf = async (tensors: readonly TensorToMake[], config: Partial<LiTConfig> = {}) =>
  planCheckpoint(await openCheckpoint(asNpz(tensors)), config)

const withExtra = (name: string, shape = [3]): TensorToMake[] => [
  ...litTensors(tiny.bert),
  { name, dtype: 'f32', shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
]

test('the config is read off names and shapes, in both generations of names, behind a prefix', async () => {
  for (const name of names) {
    const tensors = litTensors(tiny[name])
    const renames = [(n: string) => n, prelinen, (n: string) => `params/${n}`]
    for (const rename of renames) {
      const plan = await planOf(renamed(tensors, rename), unsaid[name])
      assert.equal(plan.config, tiny[name])
      assert.is(plan.recipe, 'lit')
      assert.equal(plan.ignored, [])
      assert.equal(plan.assumed, [])
    }
  }
})

test('the heads of BERT are those of the published widths, or assumed, or asked for', async () => {
  const wide = (textWidth: number): LiTConfig => ({ ...tiny.bert, textWidth, textHeads: 1 })
  const heads = async (width: number) => {
    const { config, assumed } = await planOf(litTensors(wide(width)))
    return [(config as LiTConfig).textHeads, assumed]
  }
  assert.equal(await heads(768), [12, []])
  assert.equal(await heads(128), [2, ['textHeads 2']])
  await rejects(planOf(litTensors(tiny.bert)), ArgumentError, /6 is no width.*config\.textHeads/)
})

test('the published variants have as many parameters as published', () => {
  for (const { name, parameters } of litVariants.variants) {
    const targets = litTargets(litVariants.variantConfig(name))
    const counts = targets.map(({ shape }) => shape.reduce((product, side) => product * side, 1))
    assert.is(
      counts.reduce((a, b) => a + b),
      parameters,
      name,
    )
  }
  assert.is(litVariants.variants.length, 5)
})

test('what a LiT lacks or has too much is named', async () => {
  const without = (name: string) => litTensors(tiny.bert).filter((tensor) => tensor.name !== name)
  const missing = [
    't',
    'txt/head/bias',
    'img/head/bias',
    'txt/BertEncoder_0/layer_norm/scale',
    'txt/BertEncoder_0/encoder_block/layer_sequence/layers_2/mlp_block/dense_layer/kernel',
  ]
  for (const name of missing) {
    await rejects(
      planOf(without(name), unsaid.bert),
      CheckpointError,
      new RegExp(`1 missing.*${name}`),
    )
  }
  await rejects(
    planOf(withExtra('txt/more'), unsaid.bert),
    CheckpointError,
    /1 extra \(txt\/more\)/,
  )
  const asked: [Partial<LiTConfig>, RegExp][] = [
    [{ imageHead: false }, /extra \(img\/head\/kernel, img\/head\/bias\)/],
    [{ embedding: 11 }, /misshapen/],
    [{ textDepth: 2 }, /extra/],
    [{ vocabulary: 18 }, /token_ids.*expected \[18, 6\]/],
  ]
  for (const [config, message] of asked) {
    await rejects(
      planOf(litTensors(tiny.bert), { ...unsaid.bert, ...config }),
      CheckpointError,
      message,
    )
  }
})

test('its relatives are named', async () => {
  const relatives: [string, RegExp][] = [
    ['b', /a bias of its similarities \(SigLIP\)/],
    ['img/MAPHead_0/probe', /attention pooling/],
    ['img/conv_root/kernel', /ResNet hybrid/],
  ]
  for (const [name, message] of relatives) {
    await rejects(planOf(withExtra(name), unsaid.bert), UnsupportedError, message)
  }
})

test('int8 is refused, for which kernels must be [out, in]', async () => {
  const file = await openCheckpoint(await asSafetensors(litTensors(tiny.bert)))
  const plan = await planCheckpoint(file, unsaid.bert)
  await rejects(
    collectBytes(encodeCheckpoint(file, plan, { dtype: 'int8' })),
    UnsupportedError,
    /no matrices as int8 needs them.*write f16/,
  )
})

test('files of ours have both towers and the temperature, to the bit', async () => {
  for (const name of names) {
    const tensors = renamed(litTensors(tiny[name]), prelinen)
    const file = await openCheckpoint(await asSafetensors(tensors))
    const plan = await planCheckpoint(file, unsaid[name])
    const bytes = await collectBytes(encodeCheckpoint(file, plan, { dtype: 'f32' }))
    const written = await openCheckpoint(bytes)
    assert.equal((await planOwn(written, {}, {}))?.config, tiny[name])
    const again = await planCheckpoint(written)
    assert.equal(again.config, tiny[name])
    assert.is(again.recipe, 'lit')
    const wanted = litTensors(tiny[name])
    assert.equal([...written.tensors.keys()].sort(), wanted.map((tensor) => tensor.name).sort())
    for (const tensor of wanted) {
      assert.equal(await readAll(written, tensor.name), tensor.values, tensor.name)
      assert.equal(written.tensors.get(tensor.name)!.shape, tensor.shape)
    }
  }
})

test.run()
