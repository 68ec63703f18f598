import { readFile } from 'node:fs/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../src/checkpoint/write/safetensors.ts'
import { FormatError, UnsupportedError } from '../../src/errors.ts'
import { encodeCheckpoint } from '../../src/families/encode.ts'
import { planOwn } from '../../src/families/own-plan.ts'
import { type CheckpointPlan, type PlanOptions, planCheckpoint } from '../../src/families/plan.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { huggingface } from '../../src/families/vit/names/huggingface.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { RECIPES } from '../../src/image/preprocess/recipes.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, renamed, smallConfig, tensorsOf } from '../checkpoint/models.ts'

// The plan of a file of ours is what the planner of all files makes of it: same pieces, same config, same recipe.

/** What `ignored` lists has no order. */
const comparable = ({ ignored, ...plan }: CheckpointPlan) => ({
  ...plan,
  ignored: [...ignored].sort(),
})

const metadataOf = (config: ViTConfig) => ownMetadata({ config, recipe: 'timm' })

const ownFile = async (config: ViTConfig) =>
  openCheckpoint(await asSafetensors(tensorsOf(timm, config), metadataOf(config)))

const configs: Partial<ViTConfig>[] = [
  {},
  { distilled: true },
  { qkvBias: false, classes: 0 },
  { normAfterPool: true, classifier: 'gap' },
  { representation: 7 },
  { classToken: false, classifier: 'gap', channels: 1 },
  { imageSize: [8, 20], patchSize: [2, 4], classifier: 'unpooled' },
]

/** What a caller may want otherwise. */
const wishes: [Partial<ViTConfig>, PlanOptions][] = [
  [{}, {}],
  [{ imageSize: [24, 40] }, {}],
  [{ imageSize: [24, 40] }, { resample: 'timm' }],
  [{ classes: 0 }, {}],
  [{ classes: 0, representation: 0 }, { preprocess: 'clip' }],
  [{ classifier: 'unpooled', distilled: false }, {}],
  [{ eps: 1e-5, gelu: 'tanh' }, { description: { labels: ['a'], preprocess: 'deit' } }],
]

test('files of ours are planned as by the planner of all files', async () => {
  let own = 0
  for (const variation of configs) {
    const file = await ownFile({ ...smallConfig, ...variation })
    for (const [overrides, options] of wishes) {
      const found = await planOwn(file, overrides, options)
      if (!found) continue
      own++
      assert.equal(comparable(found), comparable(await planCheckpoint(file, overrides, options)))
    }
  }
  // All but a distilled model that is asked to be none, which has tensors too many.
  assert.is(own, configs.length * wishes.length - 1)
})

test('files that convert writes are planned so, and the embedded model', async () => {
  const file = await openCheckpoint(await asSafetensors(tensorsOf(huggingface, smallConfig)))
  const plan = await planCheckpoint(file, { heads: 2 })
  for (const recipe of ['clip', { ...RECIPES.timm, cropFraction: 0.75 }] as const) {
    for (const dtype of ['f32', 'f16', 'int8'] as const) {
      const written = await openCheckpoint(
        await collectBytes(encodeCheckpoint(file, { ...plan, recipe }, { dtype })),
      )
      const own = await planOwn(written, {}, {})
      assert.equal(comparable(own!), comparable(await planCheckpoint(written)))
      assert.equal(own!.recipe, recipe)
    }
  }
  const path = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
  const embedded = await openCheckpoint(await readFile(path))
  assert.equal(
    comparable((await planOwn(embedded, {}, {}))!),
    comparable(await planCheckpoint(embedded)),
  )
})

test('all other files are left to the planner of all files', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const metadata = metadataOf(smallConfig)
  const [first, ...others] = tensors
  const wide = { ...first!, shape: [1, 1, 9], values: new Float32Array(9) }
  const files = {
    foreign: await asSafetensors(tensors),
    'a prefix': await asSafetensors(
      renamed(tensors, (name) => `model.${name}`),
      metadata,
    ),
    'other names': await asSafetensors(tensorsOf(huggingface, smallConfig), metadata),
    'too few': await asSafetensors(others, metadata),
    'too many': await asSafetensors([...tensors, { ...first!, name: 'mask_token' }], metadata),
    misshapen: await asSafetensors([wide, ...others], metadata),
    'fewer blocks': await asSafetensors(tensors, metadataOf({ ...smallConfig, depth: 1 })),
    'no bias of the head': await asSafetensors(
      tensors.filter(({ name }) => name !== 'head.bias'),
      metadata,
    ),
  }
  for (const [what, bytes] of Object.entries(files)) {
    assert.is(await planOwn(await openCheckpoint(bytes), {}, {}), undefined, what)
  }
  const file = await ownFile(smallConfig)
  const asked: [object, PlanOptions][] = [
    [{ family: 'mixer' }, {}],
    [{ heads: 'two' }, {}],
    [{ colour: 1 }, {}],
    [{}, { prefix: 'model' }],
  ]
  for (const [overrides, options] of asked) {
    assert.is(await planOwn(file, overrides, options), undefined, JSON.stringify(overrides))
  }
})

test('metadata that make no sense are refused', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const open = async (change: Record<string, string>) =>
    openCheckpoint(await asSafetensors(tensors, { ...metadataOf(smallConfig), ...change }))
  const refused: [Record<string, string>, RegExp][] = [
    [{ 'vitrine.config': '{' }, /not JSON/],
    [{ 'vitrine.config': JSON.stringify({ ...smallConfig, heads: 0 }) }, /vitrine\.config heads/],
    [{ 'vitrine.preprocess': 'toString' }, /vitrine\.preprocess/],
    [{ 'vitrine.preprocess': '{"fit":"shorter"}' }, /vitrine\.preprocess/],
    [{ 'vitrine.labels': '["one"]' }, /vitrine\.labels/],
    [{ 'vitrine.resample': 'nearest' }, /vitrine\.resample/],
  ]
  for (const [change, message] of refused) {
    await rejects(planOwn(await open(change), {}, {}), FormatError, message)
  }
  const resnet = { 'vitrine.config': JSON.stringify({ ...smallConfig, family: 'resnet' }) }
  await rejects(planOwn(await open(resnet), {}, {}), UnsupportedError, /no family "resnet"/)
})

test.run()
