import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Description, Given } from '../../../src/checkpoint/description.ts'
import type { ModelConfig } from '../../../src/checkpoint/model-config.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../../src/checkpoint/source/memory.ts'
import type { Neighbours } from '../../../src/checkpoint/source/neighbours.ts'
import {
  ArgumentError,
  CheckpointError,
  FormatError,
  UnsupportedError,
  type VitrineError,
} from '../../../src/errors.ts'
import { huggingface as beit } from '../../../src/families/beit/names.ts'
import { huggingface as clip, openClip } from '../../../src/families/clip/names.ts'
import { describeCheckpoint } from '../../../src/families/describe.ts'
import { huggingface as dinov2 } from '../../../src/families/dinov2/names.ts'
import { huggingface as dinov3 } from '../../../src/families/dinov3/names.ts'
import type { DualConfig } from '../../../src/families/dual/config.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import {
  huggingface as siglip,
  openClip as siglipOpenClip,
} from '../../../src/families/siglip/names.ts'
import { timmVitReaders } from '../../../src/families/timm-vit/beside.ts'
import { timm } from '../../../src/families/timm-vit/names.ts'
import type { VisionConfig } from '../../../src/families/vision/config.ts'
import type { Recipe } from '../../../src/image/preprocess/recipes.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors } from '../../checkpoint/models.ts'
import { dualTensors, visionTensors } from './foreign.ts'
import { smallDual, smallSiglip, smallVision, variations } from './variations.ts'

// What is read of the files beside a model of these families, and what is refused of them by name.

/** The fields of all of these families. */
interface Config
  extends Omit<VisionConfig, 'family' | 'classes'>,
    Omit<DualConfig, 'family' | 'classes'>,
    ModelConfig {}

/** What the file of a model says, and these files beside it. */
async function described(
  bytes: Uint8Array,
  files: Readonly<Record<string, object>>,
  given: Given<Config> = {},
): Promise<Description<Config>> {
  const neighbours: Neighbours = {
    open: async (name) =>
      files[name] &&
      bytesSource(new TextEncoder().encode(JSON.stringify(files[name])), `dir/${name}`),
  }
  const file = await openCheckpoint(bytes)
  const options = { notice: () => {} }
  const found = await describeCheckpoint(file, { neighbours }, given as never, options)
  return found as Description<Config>
}

/** The config that a file is planned with. */
async function planned(
  bytes: Uint8Array,
  files: Readonly<Record<string, object>> = {},
  config: Partial<Config> = {},
): Promise<Config> {
  const description = await described(bytes, files, { config } as Given<Config>)
  const file = await openCheckpoint(bytes)
  const plan = await planCheckpoint(file, config as never, { description: description as never })
  return plan.config as Config
}

const config = (json: object) => ({ 'config.json': json })
const openClipConfig = (json: object) => ({ 'open_clip_config.json': json })

type Wrong = readonly [json: object, kind: new (...rest: never[]) => VitrineError, message: RegExp]

async function eachRefused(
  bytes: Uint8Array,
  good: object,
  wrong: readonly Wrong[],
  given?: Given<Config>,
) {
  for (const [change, kind, message] of wrong) {
    await rejects(described(bytes, config({ ...good, ...change }), given), kind, message)
  }
}

const registers = { ...smallVision, layerScale: true, registers: 3 }
const indexed = { ...smallVision, ...variations['indexed rotations'] }
const centred = { ...smallVision, ...variations['centred rotations, no positions'] }
const pooled = { ...smallVision, ...variations['attention pool'] }

test('timm: what follows from the name of an architecture', () => {
  const [erf, tanh] = ['gelu_erf', 'gelu_tanh']
  const table: readonly (readonly [string, ...unknown[]])[] = [
    ['vit_small_patch14_reg4_dinov2.lvd142m', 6, erf, 1e-6, 'none'],
    ['vit_giant_patch14_reg4_dinov2', 24, 'silu', 1e-6, 'none'],
    ['vit_giant_patch14_reg1_tipsv2', 24, 'silu', 1e-6, 'none'],
    ['deit3_base_patch16_224', 12, erf, 1e-6, 'none'],
    ['flexivit_small', 6, erf, 1e-6, 'none'],
    ['vit_little_patch16_reg4_gap_256', 5, erf, 1e-6, 'none'],
    ['vit_so150m2_patch16_reg1_gap_256', 13, erf, 1e-6, 'none'],
    ['vit_so400m_patch14_siglip_224', 16, erf, 1e-6, 'none'],
    ['vit_so400m_patch16_siglip_256', 16, tanh, 1e-6, 'none'],
    ['vit_giantopt_patch16_siglip_256', 16, tanh, 1e-6, 'none'],
    ['vit_large_patch16_siglip_512', 16, tanh, 1e-6, 'none'],
    ['vit_base_patch32_clip_quickgelu_224', 12, 'quick_gelu', 1e-5, 'none'],
    ['vit_huge_patch14_clip_224', 16, erf, 1e-5, 'none'],
    ['vit_intern300m_patch14_448', 16, erf, 1e-6, 'none'],
    ['beit3_base_patch16_224', 12, erf, 1e-5, 'none'],
    ['eva_giant_patch14_224', 16, erf, 1e-6, 'none'],
    ['eva02_tiny_patch14_336', 3, 'silu', 1e-6, 'indexed', 10_000, [16, 16]],
    ['eva02_large_patch14_clip_336', 16, 'silu', 1e-6, 'indexed', 10_000, [16, 16]],
    ['vit_mediumd_patch16_rope_reg1_gap_256', 8, erf, 1e-6, 'indexed', 10_000, [16, 16]],
    ['vit_small_patch16_dinov3', 6, erf, 1e-5, 'centred', 100],
    ['vit_small_plus_patch16_dinov3_qkvb', 6, 'silu', 1e-5, 'centred', 100],
    ['vit_huge_plus_patch16_dinov3', 20, 'silu', 1e-5, 'centred', 100],
    ['vit_7b_patch16_dinov3', 32, 'silu', 1e-5, 'centred', 100],
    ['vit_base_patch16_lingbot', 12, erf, 1e-5, 'centred', 100],
    ['vit_pe_core_base_patch16_224', 12, erf, 1e-5, 'indexed_xy', 10_000, [14, 14]],
    ['vit_pe_spatial_large_patch14_448', 16, erf, 1e-5, 'indexed_xy', 10_000, [32, 32]],
  ]
  for (const [architecture, ...expected] of table) {
    const facts = timmVitReaders.timm!({ name: 'config.json', json: { architecture } }, {})
    const { heads, activation, eps, rope, ropeBase, ropeGrid } = facts.config!
    const found = [heads, activation, eps, rope, ropeBase, ropeGrid]
    assert.equal(found.slice(0, expected.length), expected, String(architecture))
  }
  const mapHeads = (architecture: string) =>
    timmVitReaders.timm!({ name: 'c', json: { architecture } }, {}).config!.mapHeads
  assert.is(mapHeads('vit_pe_core_large_patch14_336'), 8)
  assert.is(mapHeads('vit_so400m_patch14_siglip_224'), 16)
})

test('timm: architectures that compute something else are refused by name', async () => {
  const bytes = await asSafetensors(visionTensors(timm, registers))
  const names: Readonly<Record<string, RegExp>> = {
    vit_so150m_patch16_reg4_map_256: /pools some of its tokens/,
    vit_pe_core_gigantic_patch14_448: /counts its grid from 0/,
    vit_pe_lang_large_patch14_448: /language models/,
    vit_large_patch16_sapiens2: /share keys and values/,
    vit_small_patch16_rope_mixed_224: /other rotations/,
    vit_base_patch16_rope_224: /other rotations/,
    eva02_enormous_patch14_clip_224: /after its branches/,
    vit_dwee_patch16_reg1_gap_256: /differential attention/,
    vit_pwee_patch16_reg1_gap_256: /parallel branches/,
  }
  for (const [architecture, message] of Object.entries(names)) {
    const error = await rejects(
      described(bytes, config({ architecture })),
      UnsupportedError,
      message,
    )
    assert.match(error.message, architecture)
  }
})

test('timm: arguments of a model are honoured, compared with the tensors, or refused', async () => {
  const architecture = 'vit_small_patch16_reg4_gap_256'
  const bytes = await asSafetensors(visionTensors(timm, registers))
  const good = { architecture, model_args: { num_heads: 2, img_size: [12, 16] } }
  const args = (more: object) => ({ model_args: { ...good.model_args, ...more } })
  assert.equal((await planned(bytes, config(good))).registers, 3)
  await eachRefused(bytes, good, [
    [args({ reg_tokens: 4 }), CheckpointError, /registers 4, not 3/],
    [args({ num_reg_tokens: 1 }), CheckpointError, /registers 1, not 3/],
    [args({ embed_dim: 32 }), CheckpointError, /width 32, not 16/],
    [args({ depth: 3 }), CheckpointError, /depth 3, not 2/],
    [args({ num_heads: 3 }), CheckpointError, /3 heads, which don't divide the width 16/],
    [args({ norm_layer: 'rmsnorm' }), UnsupportedError, /norm_layer "rmsnorm"/],
    [args({ rope_type: 'mixed' }), UnsupportedError, /rope_type "mixed"/],
    [args({ block_fn: 'ParallelScalingBlock' }), UnsupportedError, /block_fn/],
    [args({ pool_include_prefix: true }), UnsupportedError, /pool_include_prefix true/],
    [args({ act_layer: 'relu' }), UnsupportedError, /act_layer "relu"/],
    [args({ global_pool: 'avgmax' }), UnsupportedError, /global_pool "avgmax"/],
    [args({ num_heads: 'two' }), FormatError, /num_heads, not "two"/],
  ])
  const found = await planned(bytes, config({ ...good, ...args({ act_layer: 'quick_gelu' }) }))
  assert.is(found.activation, 'quick_gelu')

  const rotated = await asSafetensors(visionTensors(timm, indexed))
  const eva = {
    architecture: 'eva02_tiny_patch14_224',
    model_args: { ...good.model_args, ref_feat_shape: [5, 7], rope_temperature: 50 },
  }
  const { ropeGrid, ropeBase } = await planned(rotated, config(eva), { activation: 'gelu_erf' })
  assert.equal([ropeGrid, ropeBase], [[5, 7], 50])
})

test('timm: rotations that nothing tells are asked for, whatever the name', async () => {
  const bytes = await asSafetensors(visionTensors(timm, centred))
  const args = { model_args: { num_heads: 2 } }
  for (const architecture of ['vit_base_patch16_something_new', 'somebodys_own']) {
    await rejects(
      described(bytes, config({ architecture, ...args })),
      UnsupportedError,
      /have no positions.*pass config\.rope/,
    )
  }
  const told: Partial<Config> = { heads: 2, imageSize: [12, 16], activation: 'gelu_erf', eps: 1e-5 }
  await rejects(planned(bytes, {}, told), ArgumentError, /config\.rope/)
  await rejects(planned(bytes, {}, { ...told, rope: 'centred' }), ArgumentError, /config\.ropeBase/)
  const found = await planned(bytes, {}, { ...told, rope: 'centred', ropeBase: 100 })
  assert.equal([found.rope, found.ropeGrid], ['centred', [1, 1]])
  const eva = await asSafetensors(visionTensors(timm, indexed))
  await rejects(
    planned(eva, {}, { ...told, rope: 'indexed', ropeBase: 10_000 }),
    ArgumentError,
    /config\.ropeGrid/,
  )
})

test('what no tensor tells is asked for where there is no config.json', async () => {
  const image: Partial<Config> = { imageSize: [12, 16], heads: 2 }
  const map = await asSafetensors(visionTensors(timm, pooled))
  await rejects(planned(map, {}, image), ArgumentError, /config\.activation/)
  const pe = { ...pooled, classToken: true, preNorm: true }
  const told: Partial<Config> = { ...image, activation: 'gelu_erf', eps: 1e-5, rope: 'none' }
  const core = await asSafetensors(visionTensors(timm, pe))
  await rejects(planned(core, {}, told), ArgumentError, /config\.mapHeads/)
  assert.is((await planned(core, {}, { ...told, mapHeads: 4 })).mapHeads, 4)

  const meta = await asSafetensors(visionTensors(dinov3, centred))
  await rejects(planned(meta, {}, { heads: 2 }), ArgumentError, /config\.activation/)
  for (const publisher of [clip, openClip]) {
    const bytes = await asSafetensors(dualTensors(publisher, smallDual))
    const heads: Partial<Config> = { ...image, textHeads: 2 }
    await rejects(planned(bytes, {}, heads), ArgumentError, /config\.activation/)
  }
  // Widths that are published with heads of 64 and of others.
  const wide = { ...smallVision, width: 1152, mlpWidth: 8, depth: 1, layerScale: true }
  const large = await asSafetensors(visionTensors(timm, wide))
  await rejects(planned(large, {}, { imageSize: [12, 16] }), ArgumentError, /config\.heads/)
})

test('transformers: DINOv2, DINOv3 and BEiT', async () => {
  const size = { image_size: [12, 16], num_attention_heads: 2 }
  const two = await asSafetensors(visionTensors(dinov2, registers))
  const good = { model_type: 'dinov2_with_registers', ...size }
  assert.is((await planned(two, config(good))).eps, 1e-6)
  await eachRefused(two, good, [
    [{ model_type: 'dinov3_vit' }, UnsupportedError, /model_type "dinov3_vit".*dinov2/],
    [{ num_register_tokens: 4 }, CheckpointError, /registers 4, not 3/],
    [{ hidden_size: 17 }, CheckpointError, /width 17, not 16/],
    [{ hidden_act: 'relu' }, UnsupportedError, /hidden_act "relu".*config\.activation/],
    [{ apply_layernorm: false }, UnsupportedError, /apply_layernorm false/],
    [{ layer_norm_eps: 'x' }, FormatError, /layer_norm_eps, not "x"/],
    [{ quantization_config: {} }, UnsupportedError, /quantization_config/],
  ])

  const three = await asSafetensors(visionTensors(dinov3, centred))
  const v3 = { model_type: 'dinov3_vit', ...size }
  const found = await planned(three, config({ ...v3, rope_theta: 64 }))
  assert.equal([found.rope, found.ropeBase, found.eps], ['centred', 64, 1e-5])
  await eachRefused(three, v3, [
    [{ model_type: 'dinov2' }, UnsupportedError, /model_type "dinov2".*dinov3_vit/],
    [{ num_register_tokens: 3 }, CheckpointError, /registers 3, not 4/],
    [{ rope_theta: 0 }, FormatError, /rope_theta, not 0/],
  ])

  const relative = { ...smallVision, ...variations['relative positions'] }
  const table = await asSafetensors(visionTensors(beit, relative))
  const b = { model_type: 'beit', ...size }
  const { eps, classifier } = await planned(table, config(b))
  assert.equal([eps, classifier], [1e-12, 'gap'])
  await eachRefused(table, b, [
    [{ use_shared_relative_position_bias: true }, UnsupportedError, /use_shared_relative/],
    [{ use_absolute_position_embeddings: true }, UnsupportedError, /use_absolute_position/],
    [{ model_type: 'vit' }, UnsupportedError, /model_type "vit".*beit/],
  ])
})

test('transformers: CLIP and SigLIP', async () => {
  const tower = { hidden_size: 16, num_attention_heads: 2, image_size: [12, 16] }
  const text = { hidden_size: 8, num_attention_heads: 4, vocab_size: 21 }
  const good = { model_type: 'clip', projection_dim: 6, vision_config: tower, text_config: text }
  const bytes = await asSafetensors(dualTensors(clip, smallDual))
  const found = await planned(bytes, config(good))
  assert.equal([found.activation, found.eps, found.textHeads], ['quick_gelu', 1e-5, 4])
  const gelu = { ...good, vision_config: { ...tower, hidden_act: 'gelu' } }
  const other = await planned(bytes, config(gelu))
  assert.equal([other.activation, other.textActivation], ['gelu_erf', 'quick_gelu'])
  await eachRefused(bytes, good, [
    [{ model_type: 'chinese_clip' }, UnsupportedError, /model_type "chinese_clip".*clip/],
    [{ projection_dim: 5 }, CheckpointError, /embedding 5, not 6/],
    [{ text_config: undefined }, FormatError, /text_config/],
    [{ text_config: { ...text, vocab_size: 22 } }, CheckpointError, /vocabulary 22, not 21/],
    [{ text_config: { ...text, hidden_size: 16 } }, CheckpointError, /textWidth 16, not 8/],
    [{ text_config: { ...text, hidden_act: 'relu' } }, UnsupportedError, /hidden_act "relu"/],
    [{ vision_config: { ...tower, num_hidden_layers: 9 } }, CheckpointError, /depth 9, not 2/],
  ])
  const relu = { ...good, text_config: { ...text, hidden_act: 'relu' } }
  const told = await planned(bytes, config(relu), { textActivation: 'silu' })
  assert.is(told.textActivation, 'silu')

  const tokens = smallSiglip
  const sigmoid = await asSafetensors(dualTensors(siglip, tokens))
  const s = { model_type: 'siglip', vision_config: tower, text_config: text }
  const { activation, causal } = await planned(sigmoid, config(s))
  assert.equal([activation, causal], ['gelu_tanh', false])
  await eachRefused(sigmoid, s, [[{ model_type: 'siglip2' }, UnsupportedError, /siglip2.*siglip/]])
})

test('open_clip: which token, which GELU, which trunk', async () => {
  const plain = { ...smallDual, preNorm: true, patchBias: false }
  const bytes = await asSafetensors(dualTensors(openClip, plain))
  const vision = { width: 16, layers: 2, head_width: 8, image_size: [12, 16], patch_size: 4 }
  const text = { width: 8, heads: 2, layers: 3, context_length: 7, vocab_size: 21 }
  const model = (part: object) => ({ model_cfg: { embed_dim: 6, ...part }, preprocess_cfg: {} })
  const good = { vision_cfg: vision, text_cfg: text }
  const found = await planned(bytes, openClipConfig(model(good)))
  assert.equal([found.activation, found.causal, found.classifier], ['gelu_erf', true, 'token'])
  const quick = await planned(bytes, openClipConfig(model({ ...good, quick_gelu: true })))
  assert.is(quick.activation, 'quick_gelu')
  const mean = { ...vision, pool_type: 'avg', final_ln_after_pool: true }
  const average = await planned(bytes, openClipConfig(model({ ...good, vision_cfg: mean })))
  assert.is(average.classifier, 'gap')
  const wrong: readonly Wrong[] = [
    [{ vision_cfg: { ...vision, pool_type: 'avg' } }, UnsupportedError, /pool_type "avg"/],
    [{ vision_cfg: { ...vision, attentional_pool: true } }, UnsupportedError, /attentional_pool/],
    [{ vision_cfg: { ...vision, patch_size: 8 } }, CheckpointError, /patchSize 8,8, not 4,4/],
    [{ text_cfg: { ...text, pool_type: 'last' } }, UnsupportedError, /pool_type "last"/],
    [{ text_cfg: { ...text, no_causal_mask: true } }, UnsupportedError, /pool_type/],
    [{ text_cfg: { ...text, embed_cls: true } }, UnsupportedError, /embed_cls/],
    [{ text_cfg: { ...text, context_length: 8 } }, CheckpointError, /maxLength 8, not 7/],
    [{ text_cfg: { hf_model_name: 'roberta-base' } }, UnsupportedError, /hf_model_name/],
    [{ embed_dim: 7 }, CheckpointError, /embedding 7, not 6/],
  ]
  for (const [change, kind, message] of wrong) {
    const files = openClipConfig(model({ ...good, ...change }))
    await rejects(described(bytes, files), kind, message)
  }

  const trunk = await asSafetensors(dualTensors(siglipOpenClip, smallSiglip))
  const sigmoid = (name: string) =>
    openClipConfig({
      model_cfg: {
        embed_dim: 16,
        vision_cfg: { image_size: [12, 16], timm_model_name: name },
        text_cfg: { ...text, no_causal_mask: true, pool_type: 'last' },
      },
      preprocess_cfg: {},
    })
  const told: Partial<Config> = { heads: 2 }
  const base = await planned(trunk, sigmoid('vit_base_patch16_siglip_224'), told)
  assert.equal([base.activation, base.causal], ['gelu_erf', false])
  const tanh = await planned(trunk, sigmoid('vit_base_patch32_siglip_256'), told)
  assert.is(tanh.activation, 'gelu_tanh')
  await rejects(
    described(trunk, sigmoid('vit_pe_core_base_patch16_224')),
    UnsupportedError,
    /vit_pe_core.*SigLIP/,
  )
})

test('image processors: DINOv3 in floats; others that are not done are refused by name', async () => {
  const bytes = await asSafetensors(visionTensors(dinov3, centred))
  const beside = (processor: object) => ({
    ...config({ model_type: 'dinov3_vit', image_size: [12, 16], num_attention_heads: 2 }),
    'preprocessor_config.json': processor,
  })
  const of = (image_processor_type: string, more: object = {}) =>
    described(bytes, beside({ image_processor_type, ...more }))
  const { preprocess } = await of('DINOv3ViTImageProcessorFast', { size: 16, resample: 2 })
  const { filter, fit, mean } = preprocess as Recipe
  assert.equal([filter, fit, mean], ['torch-bilinear', 'squash', [0.485, 0.456, 0.406]])
  const wrong: [string, object, RegExp][] = [
    ['DINOv3ViTImageProcessor', { resample: 3 }, /resample 3/],
    [
      'Siglip2ImageProcessor',
      { max_num_patches: 256 },
      /Siglip2ImageProcessor, which keeps the aspect ratio/,
    ],
    ['EfficientNetImageProcessor', {}, /"EfficientNetImageProcessor"/],
    ['ChineseCLIPImageProcessor', {}, /"ChineseCLIPImageProcessor"/],
  ]
  for (const [type, more, message] of wrong) {
    await rejects(of(type, more), UnsupportedError, message)
  }
})

test.run()
