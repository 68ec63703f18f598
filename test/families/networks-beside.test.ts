import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Description, Given } from '../../src/checkpoint/description.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../src/checkpoint/source/memory.ts'
import { CheckpointError, FormatError, UnsupportedError } from '../../src/errors.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { describeCheckpoint } from '../../src/families/describe.ts'
import { timm as hybridNames } from '../../src/families/hybrid/names/timm.ts'
import { timm as mixerNames } from '../../src/families/mixer/names/timm.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors } from '../checkpoint/models.ts'
import { hybridTensors, mixerTensors, smallHybrid, smallMixer } from '../checkpoint/networks.ts'

// What timm's config.json says of hybrids and Mixers.

async function described(
  make: () => ReturnType<typeof hybridTensors>,
  json: object,
  given: Given<AnyConfig> = {},
): Promise<{ description: Description<AnyConfig>; config: AnyConfig; notices: string[] }> {
  const file = await openCheckpoint(await asSafetensors(make()))
  const text = new TextEncoder().encode(JSON.stringify(json))
  const neighbours = {
    open: async (name: string) =>
      name === 'config.json' ? bytesSource(text, `dir/${name}`) : undefined,
  }
  const notices: string[] = []
  const notice = (line: string) => notices.push(line)
  const description = await describeCheckpoint(file, { neighbours }, given, { notice })
  const plan = await planCheckpoint(file, given.config, { description })
  return { description, config: plan.config, notices }
}

const ofHybrid = (units = smallHybrid.units) => {
  const config = { ...smallHybrid, units, imageSize: [64, 64] as const, stemWidth: 32 }
  return hybridTensors(hybridNames, { ...config, ...hybridNames.defaults })
}
const ofMixer = () => mixerTensors(mixerNames, smallMixer)

const cfg = {
  input_size: [3, 64, 64],
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  crop_pct: 0.9,
  interpolation: 'bicubic',
}

test('a hybrid: heads by the name of its architecture, size, preprocessing, names', async () => {
  const json = {
    architecture: 'vit_tiny_r26_s32_224',
    label_names: ['a', 'b', 'c', 'd', 'e'],
    pretrained_cfg: { ...cfg, input_size: [3, 224, 224] },
    model_args: { num_heads: 2, img_size: 64, embed_dim: 8, depth: 2, patch_size: 2 },
  }
  const named = await described(() => ofHybrid([2, 2, 2, 2]), json)
  assert.equal('units' in named.config && named.config.units, [2, 2, 2, 2])
  const fits = { ...json, architecture: 'my_hybrid' }
  const { description, config, notices } = await described(ofHybrid, fits)
  assert.equal([config.family, config.imageSize], ['hybrid', [64, 64]])
  assert.is('heads' in config && config.heads, 2)
  assert.equal(description.labels, ['a', 'b', 'c', 'd', 'e'])
  assert.is(description.sources?.config, 'dir/config.json')
  assert.equal(notices, [])
})

test('a hybrid of other units than its architecture has is refused', async () => {
  for (const [name, units] of [
    ['vit_tiny_r_s16_p8_224', ''],
    ['vit_small_r26_s32_224.augreg_in21k', '2,2,2,2'],
    ['vit_base_r50_s16_384', '3,4,9'],
    ['vit_large_r50_s32_384', '3,4,6,3'],
    ['vit_base_resnet50_384', '3,4,9'],
  ] as const) {
    const json = { architecture: name, pretrained_cfg: cfg, model_args: { num_heads: 2 } }
    await rejects(described(ofHybrid, json), CheckpointError, new RegExp(`units ${units}, not 2,1`))
  }
  const stem = {
    architecture: 'vit_tiny_r_s16_p8_224',
    pretrained_cfg: cfg,
    model_args: { num_heads: 2 },
  }
  const { config } = await described(() => ofHybrid([]), stem)
  assert.equal('units' in config && config.units, [])
})

test('a size for which the features have not the positions', async () => {
  const json = {
    architecture: 'hybrid',
    pretrained_cfg: { ...cfg, input_size: [3, 96, 96] },
    model_args: { num_heads: 2 },
  }
  const { config, notices } = await described(ofHybrid, json)
  assert.equal(config.imageSize, [64, 64])
  assert.match(notices.join(), /96 x 96 pixels, for which .* has not the positions/)
  const tiny = { ...json, model_args: { num_heads: 2, img_size: 8 } }
  await rejects(described(ofHybrid, tiny), CheckpointError, /8 x 8 pixels/)
})

test('a Mixer: GELU, size, preprocessing, and what contradicts the tensors', async () => {
  const json = {
    architecture: 'mixer_b16_224',
    pretrained_cfg: { ...cfg, input_size: [3, 13, 14], crop_pct: 0.875 },
    model_args: {
      act_layer: 'gelu_tanh',
      num_blocks: 2,
      embed_dim: 8,
      patch_size: 4,
      mlp_ratio: [0.9, 1.4],
    },
  }
  const { description, config } = await described(ofMixer, json)
  assert.equal(config.imageSize, [13, 14])
  assert.is('gelu' in config && config.gelu, 'tanh')
  assert.is(
    typeof description.preprocess === 'object' && description.preprocess.cropFraction,
    0.875,
  )
  const wrong: [object, new (...args: never[]) => Error, RegExp][] = [
    [{ num_blocks: 3 }, CheckpointError, /depth 3, not 2/],
    [{ mlp_ratio: [0.5, 4] }, CheckpointError, /MLPs of 4 and 32, not 7 and 11/],
    [{ mlp_ratio: 4 }, FormatError, /mlp_ratio/],
    [{ img_size: 16 }, CheckpointError, /16 x 16 pixels/],
    [{ img_size: 2 }, CheckpointError, /2 x 2 pixels/],
    [{ act_layer: 'silu' }, UnsupportedError, /act_layer "silu"/],
    [{ global_pool: 'max' }, UnsupportedError, /global_pool "max"/],
  ]
  for (const [args, kind, message] of wrong) {
    await rejects(described(ofMixer, { ...json, model_args: args }), kind, message)
  }
})

test.run()
