import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DType } from '../../../src/checkpoint/checkpoint.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import {
  ArgumentError,
  CheckpointError,
  LimitError,
  UnsupportedError,
} from '../../../src/errors.ts'
import type { PlanOptions } from '../../../src/families/plan.ts'
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

const configOf = ({ defaults }: VitPublisher): ViTConfig => ({ ...smallConfig, ...defaults })
const modelOf = (publisher: VitPublisher, seed?: number) =>
  tensorsOf(publisher, configOf(publisher), seed)
const prefixed = (tensors: readonly TensorToMake[], prefix: string) =>
  renamed(tensors, (name) => prefix + name)

/** A tensor of no use, of zeros. */
function tensor(name: string, shape: number[] = [3, 3], dtype: DType = 'f32'): TensorToMake {
  const sizes: Partial<Record<DType, number>> = { i64: 2, f64: 2 }
  const count = shape.reduce((a, b) => a * b, 1) * (sizes[dtype] ?? 1)
  return { name, dtype, shape, values: new Float32Array(count) }
}

async function opened(
  tensors: readonly TensorToMake[],
  overrides: Partial<ViTConfig>,
  options?: PlanOptions,
) {
  const file = await openCheckpoint(await asSafetensors(tensors))
  return { file, plan: await planViT(file, { heads, ...overrides }, options) }
}

const planOf = async (tensors: readonly TensorToMake[], options?: PlanOptions) =>
  (await opened(tensors, {}, options)).plan

async function weightsOf(tensors: readonly TensorToMake[], options?: PlanOptions) {
  const { file, plan } = await opened(tensors, {}, options)
  return loadCheckpoint(file, plan)
}

const refused = (
  tensors: readonly TensorToMake[],
  kind: new (...args: never[]) => Error,
  message: RegExp,
  overrides: Partial<ViTConfig> = {},
) => rejects(opened(tensors, overrides), kind, message)

const torchPublishers = [timm, torchvision, huggingface]

test('whatever stands before all names is taken off', async () => {
  const prefixes = [
    '_orig_mod.',
    'state_dict.',
    'teacher.',
    'teacher.backbone.',
    'student.',
    'net.',
    'network.',
    'encoder.',
    'vit.',
    'ema.module.',
    'base_model.model.',
    'module.',
    'model.',
    'backbone.',
    'model_ema.',
    'model.model.',
    'module._orig_mod.module.',
    'state_dict.model.net.0.',
  ]
  for (const publisher of torchPublishers) {
    const expected = await weightsOf(modelOf(publisher))
    for (const prefix of prefixes) {
      const tensors = prefixed(modelOf(publisher), prefix)
      const plan = await planOf(tensors)
      assert.equal(plan.config, configOf(publisher), `${publisher.name} ${prefix}`)
      assert.equal(plan.ignored, [])
      assert.equal(await weightsOf(tensors), expected)
    }
    assert.is((await planOf(prefixed(modelOf(publisher), 'net.vit.'))).prefix, 'net.vit.')
  }
  for (const prefix of ['target/', 'opt/target/', 'params/', 'params/img/', 'params/params/']) {
    const file = await openCheckpoint(asNpz(prefixed(modelOf(official), prefix)))
    const plan = await planViT(file)
    assert.equal(plan.config, configOf(official), prefix)
    await loadCheckpoint(file, plan)
  }
})

test('wrappers between the parts of a name', async () => {
  const tensors = renamed(modelOf(timm), (name) =>
    name.replace(/^blocks\.(\d)\./, 'blocks.$1._orig_mod._checkpoint_wrapped_module.'),
  )
  assert.equal(await weightsOf(tensors), await weightsOf(modelOf(timm)))
})

test('the head may stand around what wraps the rest', async () => {
  const cases: [VitPublisher, string, string][] = [
    [timm, 'backbone.', ''],
    [timm, 'model.backbone.', 'model.'],
    [timm, 'model.backbone.', ''],
    [huggingface, 'vit.', ''],
    [huggingface, 'base_model.model.vit.', 'base_model.model.'],
    [torchvision, 'module.backbone.', 'module.'],
  ]
  for (const [publisher, body, around] of cases) {
    const tensors = renamed(modelOf(publisher), (name) =>
      /^(head|heads|classifier)\./.test(name) ? around + name : body + name,
    )
    assert.equal(await weightsOf(tensors), await weightsOf(modelOf(publisher)), body)
  }
})

test('the blocks may stand around what wraps the rest, where that has none', async () => {
  const split = (name: string) => (/^(encoder|classifier)\./.test(name) ? name : `vit.${name}`)
  const tensors = renamed(modelOf(huggingface), split)
  assert.ok(tensors.some(({ name }) => name.startsWith('encoder.layer.1.')))
  assert.equal(await weightsOf(tensors), await weightsOf(modelOf(huggingface)))
  const own = prefixed(modelOf(timm), 'net.')
  const deeper = { ...tensor('blocks.2.norm1.bias', [8]) }
  assert.equal((await planOf([...own, deeper])).ignored, [deeper.name])
})

test("transformers 5's names of modules", async () => {
  const renames: [RegExp, string][] = [
    [/^encoder\.layer\./, 'layers.'],
    [/attention\.attention\.(q|k|v)\w+/, 'attention.$1_proj'],
    [/attention\.output\.dense/, 'attention.o_proj'],
    [/intermediate\.dense/, 'mlp.fc1'],
    [/output\.dense/, 'mlp.fc2'],
  ]
  const renameAll = (name: string) =>
    renames.reduce((text, [from, to]) => text.replace(from, to), name)
  const tensors = renamed(modelOf(huggingface), (name) => {
    const renamed = renameAll(name)
    return renamed.startsWith('classifier') ? renamed : `vit.${renamed}`
  })
  assert.ok(tensors.some(({ name }) => name === 'vit.layers.1.attention.q_proj.weight'))
  assert.ok(tensors.some(({ name }) => name === 'vit.layers.0.mlp.fc2.bias'))
  assert.equal(await weightsOf(tensors), await weightsOf(modelOf(huggingface)))
})

test('of several models the average is loaded, or the one asked for', async () => {
  const pairs: [average: string, other: string][] = [
    ['teacher.backbone.', 'student.backbone.'],
    ['model_ema.', 'model.'],
    ['state_dict_ema.', 'state_dict.'],
    ['ema.module.', ''],
    ['target_encoder.', 'encoder.'],
  ]
  for (const [average, other] of pairs) {
    const others = prefixed(modelOf(timm, 5), other)
    const tensors = [...others, ...prefixed(modelOf(timm, 3), average)]
    const plan = await planOf(tensors)
    assert.is(plan.prefix, average)
    assert.equal([...plan.ignored].sort(), others.map(({ name }) => name).sort())
    assert.ok(plan.assumed.some((text) => text.startsWith(`prefix ${average} and not ${other}`)))
    assert.equal(await weightsOf(tensors), await weightsOf(modelOf(timm, 3)))
    const told = await weightsOf(tensors, { prefix: other.replace(/\.$/, '') })
    assert.equal(told, await weightsOf(modelOf(timm, 5)), other)
  }
  const same = [...prefixed(modelOf(timm), 'a.'), ...prefixed(modelOf(timm), 'b.')]
  await refused(same, ArgumentError, /2 models.*"a\.", "b\.".*prefix/)
  await rejects(planOf(same, { prefix: 'c' }), ArgumentError, /"c".*"a\.", "b\."/)
  const both = renamed([...modelOf(huggingface), ...modelOf(huggingface)], (name) => name)
  const split = both.map((one, i) => {
    const scope = i < both.length / 2 ? '' : 'ema.'
    return { ...one, name: scope + (one.name.startsWith('classifier') ? '' : 'vit.') + one.name }
  })
  assert.is((await planOf(split)).prefix, 'ema.vit.')
  const many = Array.from({ length: 65 }, (_, i) => tensor(`m${i}.patch_embed.proj.weight`))
  await refused(many, LimitError, /65 models/)
})

test("a part of another model, and an optimiser's copies, are no second model", async () => {
  const plan = await planOf([
    ...prefixed(modelOf(timm), 'model.'),
    tensor('loss_fn.net.patch_embed.proj.weight'),
    ...prefixed(modelOf(timm), 'optimizer.exp_avg.'),
  ])
  assert.is(plan.prefix, 'model.')
  const file = await openCheckpoint(
    asNpz([
      ...prefixed(modelOf(official), 'opt/target/'),
      ...prefixed(modelOf(official), 'opt/state/param_states/'),
    ]),
  )
  assert.is((await planViT(file)).prefix, 'opt/target/')
})

test('counters, losses, masks and empty tensors are ignored and said', async () => {
  const beside = [
    tensor('epoch', [], 'i64'),
    tensor('num_batches_tracked', [], 'i64'),
    tensor('global_step', []),
    tensor('loss_fn.weight', [5]),
    tensor('criterion.lpips.conv.weight', [3, 3]),
    tensor('dino_loss.center', [1, 9]),
    tensor('blocks.0.attn.index', [4, 4], 'i64'),
    tensor('position_ids', [1, 9], 'i64'),
    tensor('unused.weight', [0, 8]),
    tensor('optimizer.state.0.exp_avg', [8, 8]),
  ]
  const names = beside.map(({ name }) => name).sort()
  for (const prefix of ['', 'model.']) {
    const plan = await planOf([...prefixed(modelOf(timm), prefix), ...beside])
    assert.equal([...plan.ignored].sort(), names)
  }
  const dino = ['mlp.0.weight', 'last_layer.weight_g'].map((name) => tensor(`teacher.head.${name}`))
  const features = modelOf(timm).filter(({ name }) => !name.startsWith('head'))
  const plan = await planOf([...prefixed(features, 'teacher.backbone.'), ...dino])
  assert.equal(
    plan.ignored,
    dino.map(({ name }) => name),
  )
  assert.is(plan.config.classes, 0)
})

test('what may matter to the result is an error that names it', async () => {
  const extras = [
    'blocks.0.adapter.down.weight',
    'blocks.1.attn.scale',
    'norm_head.weight',
    'blocks.0.attn.linear_a_q.weight',
    'logit_scale',
  ]
  for (const name of extras) {
    const shape = /scale$/.test(name) ? [] : [8, 8]
    await refused([...modelOf(timm), tensor(name, shape)], CheckpointError, new RegExp(name))
  }
  // A neck between the features and a head around them; a second head behind the first.
  const split = renamed(modelOf(timm), (name) =>
    name.startsWith('head') ? name : `backbone.${name}`,
  )
  await refused([...split, tensor('neck.weight', [8, 8])], CheckpointError, /neck\.weight/)
  const whole = prefixed(modelOf(timm), 'backbone.')
  await refused([...whole, tensor('fc.weight', [2, 5])], CheckpointError, /fc\.weight/)
  const features = await opened([...split, tensor('neck.weight', [8, 8])], { classes: 0 })
  assert.ok(features.plan.ignored.includes('neck.weight'))
  assert.equal((await planOf([...whole, tensor('aux.weight')])).ignored, ['aux.weight'])
  await refused(
    [...modelOf(timm), tensor('blocks.0.attn.q_norm.weight', [4])],
    UnsupportedError,
    /qk-norm/,
  )
})

test('adapters that are not merged', async () => {
  const name = 'base_model.model.vit.encoder.layer.0.attention.attention.query'
  const names = [`${name}.lora_A.default.weight`, `${name}.base_layer.weight`]
  const tensors = prefixed(modelOf(huggingface), 'base_model.model.vit.')
  for (const one of names) {
    await refused([...tensors, tensor(one)], UnsupportedError, /merge_and_unload/)
  }
  await refused([tensor(`${name}.lora_A.weight`)], UnsupportedError, /merge_and_unload/)
})

test('heads that were replaced', async () => {
  const names: [VitPublisher, string[]][] = [
    [
      timm,
      ['head.1', 'fc', 'head.fc', 'heads', 'heads.head', 'classifier', 'classifier.1', 'fc.0'],
    ],
    [torchvision, ['heads', 'heads.1', 'heads.0', 'heads.head.1', 'head', 'fc']],
    [huggingface, ['classifier.1', 'classifier.fc', 'head', 'fc']],
  ]
  for (const [publisher, heads] of names) {
    const expected = await weightsOf(modelOf(publisher))
    const usual = /^(head|heads\.head|classifier)(?=\.(weight|bias)$)/
    for (const head of heads) {
      for (const prefix of ['', 'model.']) {
        const tensors = renamed(modelOf(publisher), (name) => prefix + name.replace(usual, head))
        assert.equal(await weightsOf(tensors), expected, `${publisher.name} ${head}`)
      }
    }
  }
})

test('a head without a bias has zeros for it', async () => {
  for (const head of ['head', 'head.1']) {
    const tensors = renamed(
      modelOf(timm).filter(({ name }) => name !== 'head.bias'),
      (name) => name.replace(/^head(?=\.)/, head),
    )
    const weights = await weightsOf(tensors)
    assert.equal(weights.get('head.bias'), new Float32Array(5))
  }
})

test('a head of several layers is refused by name, unless only features are wanted', async () => {
  const features = modelOf(timm).filter(({ name }) => !name.startsWith('head'))
  const cases = [
    [tensor('head.0.weight', [6, 8]), tensor('head.2.weight', [5, 6])],
    [tensor('classifier.norm.weight', [8]), tensor('classifier.fc.weight', [5, 8])],
    [tensor('head.0.running_mean', [8]), tensor('head.1.weight', [5, 8])],
    [tensor('head.weight_g', [5, 1]), tensor('head.weight_v', [5, 8])],
    [tensor('head.conv.weight', [5, 8, 1, 1])],
    [tensor('fc.weight', [5, 8]), tensor('head.1.weight', [5, 8])],
  ]
  for (const head of cases) {
    for (const prefix of ['', 'model.']) {
      const around = prefixed(features, prefix && 'model.backbone.')
      const tensors = [...around, ...prefixed(head, prefix)]
      await refused(tensors, UnsupportedError, /head.*classes: 0/)
      const { plan } = await opened(tensors, { classes: 0 })
      assert.equal([...plan.ignored].sort(), head.map(({ name }) => prefix + name).sort())
    }
  }
})

test('positions for the patches only, with a class token', async () => {
  const position = modelOf(timm).find(({ name }) => name === 'pos_embed')!
  const tensors = modelOf(timm).map((one) =>
    one.name === position.name ? { ...one, shape: [1, 9, 8], values: one.values.slice(8) } : one,
  )
  const expected = position.values.slice().fill(0, 0, 8)
  // Nine rows may also be a class token's and those of 2 x 4 patches.
  await refused(tensors, ArgumentError, /9 positions.*pass the imageSize.*12x12 if/)
  const told = await opened(tensors, { imageSize: [12, 12] })
  assert.equal((await loadCheckpoint(told.file, told.plan)).get('position'), expected)
  await refused(tensors, CheckpointError, /storedGrid/, { imageSize: [20, 20] })
  const options = { resample: 'official', storedGrid: [3, 3] } as const
  const larger = await opened(tensors, { imageSize: [20, 20] }, options)
  const resized = (await loadCheckpoint(larger.file, larger.plan)).get('position')!
  assert.is(resized.length, 26 * 8)
  assert.equal(resized.slice(0, 8), new Float32Array(8))
  // The first patch is the first patch, corners being aligned.
  assert.equal(resized.slice(8, 16), position.values.slice(8, 16))
})

test('weights of every float type, and of no integer type', async () => {
  const bias = (dtype: DType) =>
    modelOf(timm).map((one) =>
      one.name === 'blocks.1.norm2.bias' ? tensor(one.name, [8], dtype) : one,
    )
  const weights = await weightsOf(bias('f64'))
  assert.equal(weights.get('blocks.1.norm2.bias'), new Float32Array(8))
  await refused(bias('i64'), CheckpointError, /blocks\.1\.norm2\.bias: i64, expected floats/)
  const head = modelOf(timm).map((one) =>
    one.name === 'head.weight' ? tensor('head.weight', [5, 8], 'i64') : one,
  )
  await refused(head, CheckpointError, /head\.weight: i64/)
})

test.run()
