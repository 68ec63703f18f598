import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { ArgumentError, NumericError, UnsupportedError } from '../../../src/errors.ts'
import { timm as aimTimm } from '../../../src/families/aimv2/names.ts'
import { type AnyConfig, programOf } from '../../../src/families/architectures.ts'
import { openClip } from '../../../src/families/clip/names.ts'
import { perception } from '../../../src/families/clip/perception.ts'
import { huggingface as dinov3 } from '../../../src/families/dinov3/names.ts'
import type { DualConfig } from '../../../src/families/dual/config.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import type { VisionConfig } from '../../../src/families/vision/config.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { asSafetensors, type TensorToMake } from '../../checkpoint/models.ts'
import { checkRoundTrip } from '../../checkpoint/round-trip.ts'
import { besideFiles } from '../naflex/beside-files.ts'
import { dualTensors, visionTensors } from './foreign.ts'
import { smallDual, smallVision, variations } from './variations.ts'

// The same weights under the names of two publishers are the same model: what is loaded is equal bit by bit, and so is the
// program, hence every output.

/** Tensors under other names; those that a file does not have are left out. */
function rename(tensors: readonly TensorToMake[], rules: readonly (readonly [RegExp, string])[]) {
  return tensors.map((tensor) => {
    const rule = rules.find(([from]) => from.test(tensor.name))
    return rule ? { ...tensor, name: tensor.name.replace(...(rule as [RegExp, string])) } : tensor
  })
}

const named = (tensors: readonly TensorToMake[], name: string) =>
  tensors.find((tensor) => tensor.name === name)!

/** One after the other along the first side. */
function stacked(name: string, parts: readonly TensorToMake[]): TensorToMake {
  const [, ...rest] = parts[0]!.shape
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0)
  const values = Float32Array.from(parts.flatMap((part) => [...part.values]))
  return { ...parts[0]!, name, shape: [rows, ...rest], values }
}

const vector = (name: string, values: Float32Array): TensorToMake => ({
  name,
  dtype: 'f32',
  shape: [values.length],
  values,
})

async function weightsOf(bytes: Uint8Array, config: object) {
  const file = await openCheckpoint(bytes)
  const plan = await planCheckpoint(file, config as Partial<AnyConfig>)
  return { file, plan, weights: await loadCheckpoint(file, plan) }
}

/** Loads both, and converts the second to a file of ours and back. */
async function checkSame(
  one: readonly TensorToMake[],
  other: readonly TensorToMake[],
  config: object,
) {
  const first = await weightsOf(await asSafetensors(one), config)
  const second = await weightsOf(await asSafetensors(other), config)
  assert.equal([...second.weights.keys()], [...first.weights.keys()])
  for (const [name, values] of first.weights) assert.equal(second.weights.get(name), values, name)
  assert.equal(programOf(second.plan.config), programOf(first.plan.config))
  await checkRoundTrip(second.file, second.plan)
  return { first: first.plan, second: second.plan }
}

const centred: VisionConfig = {
  ...smallVision,
  ...variations['centred rotations, no positions'],
  eps: 1e-5,
  classes: 0,
}

/** transformers' names as facebookresearch/dinov3 has them, with a mask of biases. */
function asMeta(tensors: readonly TensorToMake[], mask: readonly [number, number, number]) {
  const block = (i: number) => {
    const part = (name: string) => named(tensors, `layer.${i}.attention.${name}_proj.weight`)
    const bias = (name: string) => named(tensors, `layer.${i}.attention.${name}_proj.bias`).values
    const width = bias('q').length
    const keys = new Float32Array(width).fill(7)
    return [
      stacked(`blocks.${i}.attn.qkv.weight`, ['q', 'k', 'v'].map(part)),
      vector(`blocks.${i}.attn.qkv.bias`, Float32Array.from([...bias('q'), ...keys, ...bias('v')])),
      vector(
        `blocks.${i}.attn.qkv.bias_mask`,
        Float32Array.from({ length: 3 * width }, (_, k) => mask[Math.floor(k / width)]!),
      ),
    ]
  }
  const others = tensors.filter(({ name }) => !/\.attention\.[qkv]_proj\./.test(name))
  return [
    ...rename(others, [
      [/^embeddings\.register_tokens$/, 'storage_tokens'],
      [/^embeddings\.cls_token$/, 'cls_token'],
      [/^embeddings\.patch_embeddings\./, 'patch_embed.proj.'],
      [/^layer\.(\d+)\.attention\.o_proj\./, 'blocks.$1.attn.proj.'],
      [/^layer\.(\d+)\.layer_scale(\d)\.lambda1$/, 'blocks.$1.ls$2.gamma'],
      [/^layer\.(\d+)\.mlp\.gate_proj\./, 'blocks.$1.mlp.w1.'],
      [
        /^layer\.(\d+)\.mlp\.up_proj\./,
        tensors.some(({ name }) => /gate_proj/.test(name))
          ? 'blocks.$1.mlp.w2.'
          : 'blocks.$1.mlp.fc1.',
      ],
      [
        /^layer\.(\d+)\.mlp\.down_proj\./,
        tensors.some(({ name }) => /gate_proj/.test(name))
          ? 'blocks.$1.mlp.w3.'
          : 'blocks.$1.mlp.fc2.',
      ],
      [/^layer\.(\d+)\./, 'blocks.$1.'],
    ]),
    ...block(0),
    ...block(1),
    vector('rope_embed.periods', Float32Array.of(1, 10)),
    vector('mask_token', new Float32Array(16)),
    vector('local_cls_norm.weight', new Float32Array(16)),
  ]
}

const imageSize = [12, 16]

test("DINOv3 under Meta's own names", async () => {
  const plain = visionTensors(dinov3, centred)
  const config = { imageSize, heads: 2, activation: 'gelu_erf' }
  const { second } = await checkSame(plain, asMeta(plain, [1, 0, 1]), config)
  assert.is(second.publisher, 'meta')
  // Nothing has to be said of the activation.
  const file = await asSafetensors(asMeta(plain, [1, 0, 1]))
  await weightsOf(file, { imageSize, heads: 2 })
  await rejects(weightsOf(file, { heads: 2 }), ArgumentError, /imageSize/)
  const gated = { ...centred, gated: true, activation: 'silu' } as const
  const both = gatedTensors(
    visionTensors(dinov3, { ...gated, gated: false, activation: 'gelu_erf' }),
  )
  await checkSame(both, asMeta(both, [1, 0, 1]), { imageSize, heads: 2, activation: 'silu' })
})

/** With a gate beside the first layer of each MLP. */
const gatedTensors = (tensors: readonly TensorToMake[]) =>
  tensors.flatMap((tensor) =>
    /\.mlp\.up_proj\./.test(tensor.name)
      ? [
          tensor,
          {
            ...tensor,
            name: tensor.name.replace('up_proj', 'gate_proj'),
            values: tensor.values.map((value) => -value),
          },
        ]
      : [tensor],
  )

test('a mask of DINOv3 counts as the file has it', async () => {
  const plain = visionTensors(dinov3, centred)
  const config = { imageSize, heads: 2, activation: 'gelu_erf' }
  const zeroed = plain.map((tensor) =>
    /attention\.[qv]_proj\.bias$/.test(tensor.name)
      ? { ...tensor, values: new Float32Array(tensor.values.length) }
      : tensor,
  )
  // Published files have zeros.
  await checkSame(zeroed, asMeta(plain, [0, 0, 0]), config)
  await rejects(
    weightsOf(await asSafetensors(asMeta(plain, [1, Number.NaN, 1])), config),
    NumericError,
    /bias_mask/,
  )
  const untied = [...asMeta(plain, [1, 0, 1]), vector('cls_norm.weight', new Float32Array(16))]
  await rejects(weightsOf(await asSafetensors(untied), config), UnsupportedError, /norm of its own/)
})

const aim: VisionConfig = {
  ...smallVision,
  ...variations['RMS norm, no biases'],
  eps: 1e-5,
  classes: 0,
}

const aimRules: readonly (readonly [RegExp, string])[] = [
  [/^patch_embed\.proj\./, 'preprocessor.patchifier.proj.'],
  [/^patch_embed\.norm\./, 'preprocessor.patchifier.norm.'],
  [/^pos_embed$/, 'preprocessor.pos_embed'],
  [/^blocks\.(\d+)\.norm(\d)\./, 'trunk.blocks.$1.norm_$2.'],
  [/^blocks\.(\d+)\.mlp\.fc1_g\./, 'trunk.blocks.$1.mlp.fc1.'],
  [/^blocks\.(\d+)\.mlp\.fc1_x\./, 'trunk.blocks.$1.mlp.fc3.'],
  [/^blocks\./, 'trunk.blocks.'],
  [/^norm\./, 'trunk.post_trunk_norm.'],
]

/** timm's gate and value apart. */
const aimTensors = visionTensors(aimTimm, aim).flatMap((tensor) => {
  if (!/\.mlp\.fc1\.weight$/.test(tensor.name)) return [tensor]
  const [rows, columns] = tensor.shape as [number, number]
  return ['fc1_g', 'fc1_x'].map((name, half) => ({
    ...tensor,
    name: tensor.name.replace('fc1', name),
    shape: [rows / 2, columns],
    values: tensor.values.slice((half * rows * columns) / 2, ((half + 1) * rows * columns) / 2),
  }))
})

test("AIMv2 under Apple's own names, and under those of transformers", async () => {
  const config = { heads: 2, imageSize }
  const { second } = await checkSame(aimTensors, rename(aimTensors, aimRules), config)
  assert.is(second.publisher, 'apple')
  const layers = rename(aimTensors, [
    [/^patch_embed\.proj\./, 'embeddings.patch_embed.'],
    [/^patch_embed\.norm\./, 'embeddings.rms_norm.'],
    [/^pos_embed$/, 'embeddings.position_embedding.weight'],
    [/^blocks\.(\d+)\.norm(\d)\./, 'encoder.layers.$1.rms_norm$2.'],
    [/^blocks\.(\d+)\.mlp\.fc1_g\./, 'encoder.layers.$1.ffn.gate_proj.'],
    [/^blocks\.(\d+)\.mlp\.fc1_x\./, 'encoder.layers.$1.ffn.up_proj.'],
    [/^blocks\.(\d+)\.mlp\.fc2\./, 'encoder.layers.$1.ffn.down_proj.'],
    [/^blocks\.(\d+)\.attn\.proj\./, 'encoder.layers.$1.attention.out_proj.'],
    [/^norm\./, 'rms_norm.'],
  ])
    .flatMap((tensor) => {
      const [, block] = /^blocks\.(\d+)\.attn\.qkv\.weight$/.exec(tensor.name) ?? []
      if (block === undefined) return [tensor]
      const count = tensor.values.length / 3
      return ['q', 'k', 'v'].map((name, i) => ({
        ...tensor,
        name: `encoder.layers.${block}.attention.${name}_proj.weight`,
        shape: [16, 16],
        values: tensor.values.slice(i * count, (i + 1) * count),
      }))
    })
    .map((tensor) =>
      tensor.name.endsWith('position_embedding.weight')
        ? { ...tensor, shape: tensor.shape.slice(1) }
        : tensor,
    )
  assert.is((await checkSame(aimTensors, layers, config)).second.publisher, 'huggingface')

  // The config tells the heads.
  const bytes = await asSafetensors(layers)
  const json = {
    model_type: 'aimv2_vision_model',
    num_attention_heads: 4,
    image_size: imageSize,
    patch_size: 4,
    rms_norm_eps: 1e-4,
  }
  const { plan } = await besideFiles(bytes, { 'config.json': json })
  const { heads, eps, activation } = plan.config as VisionConfig
  assert.equal([heads, eps, activation], [4, 1e-4, 'silu'])
  for (const wrong of [
    { is_native: true },
    { qkv_bias: true },
    { model_type: 'aimv2_text_model' },
  ]) {
    await rejects(
      besideFiles(bytes, { 'config.json': { ...json, ...wrong } }),
      UnsupportedError,
      /./,
    )
  }
  const headed = [...layers, vector('head.cls_token', new Float32Array(16))]
  await rejects(
    weightsOf(await asSafetensors(headed), config),
    UnsupportedError,
    /pools by attention/,
  )
})

const pe: DualConfig = {
  ...smallDual,
  patchBias: false,
  preNorm: true,
  eps: 1e-5,
  textEps: 1e-5,
  textActivation: 'gelu_erf',
  rope: 'indexed_xy',
  ropeBase: 10_000,
  ropeGrid: [3, 4],
  finalNorm: 'tokens',
  classifier: 'map',
  mapHeads: 8,
  layerScale: true,
}

test("Perception Encoder under Meta's own names is what timm's names make of its image tower", async () => {
  const tensors = dualTensors(perception, pe)
  const told = { heads: 2, textHeads: 2, imageSize }
  const own = await weightsOf(await asSafetensors(tensors), told)
  const { cleaning, textActivation, ...config } = own.plan.config as DualConfig
  assert.equal({ ...config, textActivation, cleaning }, { ...pe, cleaning: 'lower' })
  await checkRoundTrip(own.file, own.plan)
  const images = tensors.filter(({ name }) => name.startsWith('visual.'))
  const { proj, ...rest } = Object.fromEntries(
    images.map((tensor) => [tensor.name.slice('visual.'.length), tensor]),
  )
  const pooled = Object.values(rest).flatMap((tensor) => {
    const [, part] = /attn_pool\.attn\.in_proj_(weight|bias)$/.exec(tensor.name) ?? []
    const of = (name: string, from: number, to: number) => {
      const each = tensor.values.length / 3
      return {
        ...tensor,
        name: `attn_pool.${name}.${part}`,
        shape: [(to - from) * 16, ...tensor.shape.slice(1)],
        values: tensor.values.slice(from * each, to * each),
      }
    }
    return part ? [of('q', 0, 1), of('kv', 1, 3)] : [tensor]
  })
  const timmTensors = rename(pooled, [
    [/^visual\.conv1\./, 'patch_embed.proj.'],
    [/^visual\.class_embedding$/, 'cls_token'],
    [/^visual\.positional_embedding$/, 'pos_embed'],
    [/^visual\.ln_pre\./, 'norm_pre.'],
    [/^visual\.ln_post\./, 'norm.'],
    [/^visual\.attn_pool\.attn\.out_proj\./, 'attn_pool.proj.'],
    [/^visual\.attn_pool\.layernorm\./, 'attn_pool.norm.'],
    [/^visual\.attn_pool\.probe$/, 'attn_pool.latent'],
    [/^visual\.attn_pool\.mlp\.c_fc\./, 'attn_pool.mlp.fc1.'],
    [/^visual\.attn_pool\.mlp\.c_proj\./, 'attn_pool.mlp.fc2.'],
    [/^visual\.transformer\.resblocks\.(\d+)\.attn\.in_proj_/, 'blocks.$1.attn.qkv.'],
    [/^visual\.transformer\.resblocks\.(\d+)\.attn\.out_proj\./, 'blocks.$1.attn.proj.'],
    [/^visual\.transformer\.resblocks\.(\d+)\.ls_(\d)\.gamma$/, 'blocks.$1.gamma_$2'],
    [/^visual\.transformer\.resblocks\.(\d+)\.ln_(\d)\./, 'blocks.$1.norm$2.'],
    [/^visual\.transformer\.resblocks\.(\d+)\.mlp\.c_fc\./, 'blocks.$1.mlp.fc1.'],
    [/^visual\.transformer\.resblocks\.(\d+)\.mlp\.c_proj\./, 'blocks.$1.mlp.fc2.'],
  ]).map((tensor) =>
    /^(cls_token|pos_embed)$/.test(tensor.name)
      ? { ...tensor, shape: tensor.name === 'cls_token' ? [1, 1, 16] : [1, ...tensor.shape] }
      : tensor,
  )
  const tower = await weightsOf(await asSafetensors(timmTensors), {
    ...{ heads: 2, imageSize, rope: 'indexed_xy', ropeBase: 10_000, ropeGrid: [3, 4] },
    ...{ activation: 'gelu_erf', eps: 1e-5, mapHeads: 8 },
  })
  for (const [name, values] of tower.weights) assert.equal(own.weights.get(name), values, name)
  assert.ok(proj && own.weights.has('projection.kernel'))

  // Places are counted: another size has another grid.
  const square = dualTensors(perception, { ...pe, imageSize: [16, 16], ropeGrid: [4, 4] })
  const larger = await weightsOf(await asSafetensors(square), {
    heads: 2,
    textHeads: 2,
    imageSize: [24, 24],
  })
  assert.equal((larger.plan.config as DualConfig).ropeGrid, [6, 6])
})

test('a Perception Encoder without a class token is refused; a CLIP is none', async () => {
  const tensors = dualTensors(perception, { ...pe, classToken: false })
  const file = await asSafetensors(tensors)
  await rejects(
    weightsOf(file, { heads: 2, textHeads: 2, imageSize }),
    UnsupportedError,
    /counts its grid from 0/,
  )
  const clip = await weightsOf(await asSafetensors(dualTensors(openClip, smallDual)), {
    ...{ heads: 2, textHeads: 2, imageSize, activation: 'gelu_erf' },
  })
  assert.is(clip.plan.publisher, 'open_clip')
})

test.run()
