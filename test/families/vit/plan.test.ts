import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { linenNames } from '../../../src/checkpoint/plan/linen.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import type { VitPublisher } from '../../../src/families/vit/names/publisher.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { torchvision } from '../../../src/families/vit/names/torchvision.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import {
  asNpz,
  asSafetensors,
  renamed,
  smallConfig,
  type TensorToMake,
  tensorsOf,
} from '../../checkpoint/models.ts'
import { planViT } from './plan-vit.ts'

const heads = smallConfig.heads

async function open(tensors: readonly TensorToMake[], metadata?: Record<string, string>) {
  return openCheckpoint(await asSafetensors(tensors, metadata))
}

async function planOf(tensors: readonly TensorToMake[], overrides: Partial<ViTConfig> = { heads }) {
  return planViT(await open(tensors), overrides)
}

const refused = (
  tensors: readonly TensorToMake[],
  kind: new (...args: never[]) => Error,
  message?: RegExp,
  overrides?: Partial<ViTConfig>,
) => rejects(planOf(tensors, overrides), kind, message)

const extra = (name: string, shape: number[] = [3]): TensorToMake => ({
  name,
  dtype: 'f32',
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
})

const defaults = (publisher: VitPublisher) => publisher.defaults

test('every publisher, every variation: the config is found and every weight is filled once', async () => {
  const variations: [Partial<ViTConfig>, VitPublisher[]][] = [
    [{}, [official, timm, torchvision, huggingface]],
    [{ patchSize: [2, 3], imageSize: [6, 9] }, [official, timm, torchvision, huggingface]],
    [{ classToken: false, classifier: 'gap' }, [official, timm]],
    [{ representation: 7 }, [official, timm, torchvision]],
    [{ representation: 8, classes: 0 }, [official, timm, huggingface]],
    [{ classes: 0 }, [official, timm, torchvision, huggingface]],
    [{ qkvBias: false }, [timm, huggingface]],
    [{ distilled: true }, [timm, huggingface]],
    [{ distilled: true, classes: 0 }, [timm, huggingface]],
    [{ normAfterPool: true, classifier: 'gap' }, [timm]],
    [{ normAfterPool: true, classifier: 'gap', classToken: false }, [timm]],
  ]
  for (const [variation, publishers] of variations) {
    for (const publisher of publishers) {
      const config = { ...smallConfig, ...variation, ...defaults(publisher) }
      const file = await open(tensorsOf(publisher, config))
      const plan = await planViT(file, publisher === official ? {} : { heads })
      assert.equal(plan.config, config, `${publisher.name} ${JSON.stringify(variation)}`)
      assert.is(plan.publisher, publisher.name)
      assert.is(plan.recipe, config.distilled ? 'deit' : publisher.recipe)
      assert.equal(plan.ignored, [])
      await loadCheckpoint(file, plan)
    }
  }
})

test('the same model under all names is the same model', async () => {
  const config = { ...smallConfig, ...defaults(official) }
  const tensors = tensorsOf(official, config)
  const expected = await loadCheckpoint(...(await opened(asNpz(tensors))))
  assert.equal(await loadCheckpoint(...(await opened(asNpz(tensors, true)))), expected)
  const value = (name: string) => tensors.find((tensor) => tensor.name === name)!.values
  const attention = 'Transformer/encoderblock_1/MultiHeadDotProductAttention_0'
  assert.equal(expected.get('blocks.1.query.kernel'), value(`${attention}/query/kernel`))
  const keyValue = expected.get('blocks.1.key_value.kernel')!
  for (let row = 0; row < 8; row++) {
    const [start, middle, end] = [row * 16, row * 16 + 8, row * 16 + 16]
    const from = [row * 8, row * 8 + 8] as const
    assert.equal(keyValue.slice(start, middle), value(`${attention}/key/kernel`).slice(...from))
    assert.equal(keyValue.slice(middle, end), value(`${attention}/value/kernel`).slice(...from))
  }

  async function opened(bytes: Uint8Array) {
    const file = await openCheckpoint(bytes)
    return [file, await planViT(file)] as const
  }
})

test("PyTorch's layouts are turned round", async () => {
  const tensors = tensorsOf(timm, smallConfig)
  const file = await open(tensors)
  const weights = await loadCheckpoint(file, await planViT(file, { heads }))
  const value = (name: string) => tensors.find((tensor) => tensor.name === name)!.values
  const patch = value('patch_embed.proj.weight')
  const kernel = weights.get('patch.kernel')!
  for (let out = 0; out < 8; out++) {
    for (let channel = 0; channel < 3; channel++) {
      for (let place = 0; place < 16; place++) {
        assert.is(kernel[(place * 3 + channel) * 8 + out], patch[(out * 3 + channel) * 16 + place])
      }
    }
  }
  const qkv = value('blocks.0.attn.qkv.weight')
  for (let i = 0; i < 8; i++) {
    for (let o = 0; o < 8; o++) {
      assert.is(weights.get('blocks.0.query.kernel')![i * 8 + o], qkv[o * 8 + i])
      assert.is(weights.get('blocks.0.key_value.kernel')![i * 16 + o], qkv[(8 + o) * 8 + i])
      assert.is(weights.get('blocks.0.key_value.kernel')![i * 16 + 8 + o], qkv[(16 + o) * 8 + i])
    }
  }
  assert.equal(weights.get('blocks.0.key_value.bias'), value('blocks.0.attn.qkv.bias').slice(8))
})

test('prefixes that training code leaves', async () => {
  const cases: [VitPublisher, (name: string) => string][] = [
    [timm, (name) => `module.model.${name}`],
    [timm, (name) => (name.startsWith('head') ? name : `backbone.${name}`)],
    [torchvision, (name) => `model.${name}`],
    [huggingface, (name) => (name.startsWith('classifier') ? name : `vit.${name}`)],
    [huggingface, (name) => (name.startsWith('classifier') ? name : `deit.${name}`)],
    [official, (name) => `opt/target/${name}`],
    [official, (name) => `params/${name}`],
    [official, (name) => `params/img/${name}`],
  ]
  for (const [publisher, rename] of cases) {
    const plan = await planOf(renamed(tensorsOf(publisher, smallConfig), rename))
    assert.equal(plan.config, { ...smallConfig, ...defaults(publisher) })
  }
})

test("flax's numbering from before Linen, with gaps, in natural order", async () => {
  const old = (name: string) =>
    name
      .replace('MultiHeadDotProductAttention_0', 'MultiHeadDotProductAttention_1')
      .replace('LayerNorm_1', 'LayerNorm_2')
      .replace('MlpBlock_0', 'MlpBlock_3')
      .replace('encoderblock_1/', 'encoderblock_10/')
      .replace('encoderblock_0/', 'encoderblock_9/')
  const tensors = tensorsOf(official, { ...smallConfig, ...defaults(official) })
  const shuffled = renamed(tensors, old).reverse()
  const file = await openCheckpoint(asNpz(shuffled))
  const original = await openCheckpoint(asNpz(tensors))
  assert.equal(
    await loadCheckpoint(file, await planViT(file)),
    await loadCheckpoint(original, await planViT(original)),
  )
  const names = linenNames(['b_10/x_2', 'b_10/x_11', 'b_2/y', 'plain', 'b_2', 'deep/'.repeat(9999)])
  assert.is(names.get('b_1/x_0'), 'b_10/x_2')
  assert.is(names.get('b_1/x_1'), 'b_10/x_11')
  assert.is(names.get('b_0/y'), 'b_2/y')
  assert.is(names.get('plain'), 'plain')
})

test('one error names everything that does not fit', async () => {
  const tensors = tensorsOf(timm, smallConfig)
    .filter(({ name }) => name !== 'norm.bias' && name !== 'blocks.1.mlp.fc1.weight')
    .map((tensor) => (tensor.name === 'blocks.0.attn.proj.bias' ? extra(tensor.name, [9]) : tensor))
  const error = await refused([...tensors, extra('blocks.0.gate')], CheckpointError)
  const { missing, extra: more, misshapen } = error as CheckpointError
  assert.equal([...missing].sort(), ['blocks.1.mlp.fc1.weight', 'norm.bias'])
  assert.equal(more, ['blocks.0.gate'])
  assert.is(misshapen.length, 1)
  assert.match(misshapen[0]!, /blocks\.0\.attn\.proj\.bias: \[9\], expected \[8\]/)
  for (const name of ['norm.bias', 'blocks.0.gate', 'expected'])
    assert.ok(error.message.includes(name))
})

test('what is harmless is ignored, and said', async () => {
  const cases: [VitPublisher, string][] = [
    [official, 'opt/state/step'],
    [official, 'opt/step'],
    [timm, 'mask_token'],
    [timm, 'decoder_blocks.0.norm1.weight'],
    [huggingface, 'embeddings.mask_token'],
    [huggingface, 'decoder.mask_token'],
    [huggingface, 'pooler.dense.weight'],
  ]
  for (const [publisher, name] of cases) {
    const plan = await planOf([...tensorsOf(publisher, smallConfig), extra(name, [8, 8])])
    assert.equal(plan.ignored, [name])
    assert.is(plan.config.representation, 0)
  }
})

test('overrides: no head, no pre_logits, unpooled, another eps', async () => {
  const tensors = tensorsOf(official, { ...smallConfig, representation: 8 })
  const noHead = await planOf(tensors, { classes: 0 })
  assert.equal(noHead.ignored, ['head/kernel', 'head/bias'])
  const bare = await planOf(tensors, { representation: 0, eps: 1e-5, gelu: 'erf' })
  assert.equal(bare.ignored, ['pre_logits/kernel', 'pre_logits/bias'])
  assert.is(bare.config.eps, 1e-5)
  const unpooled = await planOf(tensors, { classifier: 'token_unpooled' })
  assert.is(unpooled.config.classifier, 'token_unpooled')
  await refused(tensors, CheckpointError, /cls/, { classToken: false, classifier: 'gap' })
  await refused(tensors, CheckpointError, /misshapen/, { classes: 6 })
  await refused(tensors, CheckpointError, /misshapen/, { patchSize: [8, 8], imageSize: [24, 24] })
  await refused(tensors, ArgumentError, /blocks/, { depth: 1e9 })
  await refused(tensors, ArgumentError, /patch/, { imageSize: [2, 100] })
})

test('heads: 64 values each, or as published, or told', async () => {
  const widths: [width: number, heads: number][] = [
    [64, 1],
    [192, 3],
    [1024, 16],
    [1280, 16],
  ]
  for (const [width, expected] of widths) {
    const config = { ...smallConfig, width, depth: 1, mlpWidth: 2, classes: 0 }
    assert.is((await planOf(tensorsOf(timm, config), {})).config.heads, expected)
  }
  await refused(tensorsOf(timm, smallConfig), ArgumentError, /heads/, {})
})

test('grids that are not square, and positions without rows for the class token', async () => {
  const config: ViTConfig = { ...smallConfig, imageSize: [8, 20] }
  const tensors = tensorsOf(timm, config)
  await refused(tensors, ArgumentError, /imageSize/)
  const file = await open(tensors)
  const plan = await planViT(file, { heads, imageSize: [8, 20] })
  assert.equal(plan.config, config)
  const position = tensors.find(({ name }) => name === 'pos_embed')!
  assert.equal((await loadCheckpoint(file, plan)).get('position'), position.values)
  const larger = await planViT(file, { heads, imageSize: [16, 16] }, { storedGrid: [2, 5] })
  await loadCheckpoint(file, larger)
  await rejects(planViT(file, { heads, imageSize: [16, 16] }), CheckpointError, /storedGrid/)

  const patchesOnly = tensors.map((tensor) =>
    tensor.name === 'pos_embed'
      ? { ...tensor, shape: [1, 10, 8], values: tensor.values.slice(8) }
      : tensor,
  )
  const other = await open(patchesOnly)
  // Ten rows are the 2 x 5 patches, or a class token and 3 x 3.
  const size = { heads, imageSize: [8, 20] } as const
  await rejects(planViT(other, size), CheckpointError, /storedGrid/)
  const told = await planViT(other, size, { storedGrid: [2, 5] })
  const expected = position.values.slice().fill(0, 0, 8)
  assert.equal((await loadCheckpoint(other, told)).get('position'), expected)
})

test('distilled: the mean of two heads, or one head alone', async () => {
  const config = { ...smallConfig, distilled: true, eps: 1e-12 }
  const tensors = renamed(tensorsOf(huggingface, config), (name) =>
    name.replace(/^classifier/, 'cls_classifier'),
  )
  const file = await open(tensors)
  const weights = await loadCheckpoint(file, await planViT(file, { heads }))
  const bias = tensors.find(({ name }) => name === 'cls_classifier.bias')!.values
  assert.equal(
    weights.get('head.bias'),
    bias.map((value) => value / 2),
  )

  const single = await open(
    renamed(tensors, (name) => name.replace('cls_classifier', 'classifier')).filter(
      ({ name }) => !name.startsWith('distillation_classifier'),
    ),
  )
  const alone = await loadCheckpoint(single, await planViT(single, { heads }))
  assert.equal(alone.get('head.bias'), bias)
  assert.ok(alone.get('head_dist.kernel')!.every((value) => value === 0))
})

test('other families are named', async () => {
  const add = (publisher: VitPublisher, ...names: string[]) => [
    ...tensorsOf(publisher, smallConfig),
    ...names.map((name) => extra(name)),
  ]
  const cases: [TensorToMake[], RegExp][] = [
    [[extra('img/embedding/kernel'), extra('txt/head')], /LiT/],
    [add(timm, 'patch_embed.backbone.layer1.0.conv1.weight'), /hybrid over another network/],
    [add(timm, 'blocks.0.attn.q_norm.weight'), /qk-norm/],
    [add(timm, 'blocks.0.attn.rel_pos_h'), /SAM/],
    [
      add(timm, 'blocks.0.ls1.gamma', 'blocks.0.ls2.gamma', 'blocks.0.attn.q_norm.weight'),
      /qk-norm/,
    ],
    [add(huggingface, 'embeddings.detection_tokens'), /YOLOS/],
    [[extra('dinov2.encoder.layer.0.layer_scale1.lambda1')], /LayerScale/],
  ]
  for (const [tensors, message] of cases) await refused(tensors, UnsupportedError, message)
  // One tensor of a relative that is run makes the file an incomplete model of it.
  const incomplete: [TensorToMake[], RegExp][] = [
    [add(timm, 'blocks.0.ls1.gamma'), /missing \(.*blocks\.0\.ls2\.gamma/],
  ]
  for (const [tensors, message] of incomplete) await refused(tensors, CheckpointError, message)
  const clip = extra('vision_model.embeddings.class_embedding')
  await refused([clip], ArgumentError, /activation/)
  await refused([extra('conv1.weight')], CheckpointError, /no publisher/)
  await refused([], CheckpointError, /none at all/)
  const infrared = tensorsOf(timm, smallConfig).map((tensor) =>
    tensor.name === 'patch_embed.proj.weight' ? extra(tensor.name, [8, 4, 4, 4]) : tensor,
  )
  await refused(infrared, UnsupportedError, /4 channels/)
})

test('names made to exhaust', async () => {
  const tensors = tensorsOf(timm, smallConfig)
  await refused([...tensors, extra('blocks.999999999.norm1.weight')], CheckpointError, /999999999/)
  await refused([...tensors, extra('model.'.repeat(100_000))], CheckpointError)
  await refused([...tensors, extra(`a${'/b'.repeat(100_000)}`)], CheckpointError)
})

test.run()
