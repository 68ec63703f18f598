import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Description, Given } from '../../../src/checkpoint/description.ts'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../../src/checkpoint/source/memory.ts'
import type { Neighbours } from '../../../src/checkpoint/source/neighbours.ts'
import {
  CheckpointError,
  FormatError,
  LimitError,
  UnsupportedError,
  type VitrineError,
} from '../../../src/errors.ts'
import { describeCheckpoint } from '../../../src/families/describe.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import type { VitPublisher } from '../../../src/families/vit/names/publisher.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { torchvision } from '../../../src/families/vit/names/torchvision.ts'
import type { Recipe } from '../../../src/image/preprocess/recipes.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'

type Files = Readonly<Record<string, object | string>>

/** Neighbours in memory, which note what was asked for. */
function neighboursWith(files: Files, asked: string[] = []): Neighbours {
  return {
    async open(name) {
      asked.push(name)
      const file = files[name]
      if (file === undefined) return undefined
      const text = typeof file === 'string' ? file : JSON.stringify(file)
      return bytesSource(new TextEncoder().encode(text), `dir/${name}`)
    },
  }
}

interface Setting {
  readonly publisher?: VitPublisher
  readonly config?: Partial<ViTConfig>
  readonly given?: Given<ViTConfig>
  readonly notices?: string[]
  readonly asked?: string[]
}

/** What is known of a small model with these files beside it. */
async function describe(
  files: Files,
  { publisher = huggingface, config, given = {}, notices, asked }: Setting = {},
): Promise<Description<ViTConfig>> {
  const bytes = await asSafetensors(tensorsOf(publisher, { ...smallConfig, ...config }))
  const file = await openCheckpoint(bytes)
  const neighbours = neighboursWith(files, asked)
  const notice = (text: string) => {
    if (!notices) assert.unreachable(text)
    notices!.push(text)
  }
  const found = await describeCheckpoint(file, { neighbours }, given, { notice })
  return found as Description<ViTConfig>
}

const vit = { model_type: 'vit', image_size: 12, num_attention_heads: 4 }
const noConfig = { config: { heads: 4 } }

test('only files that don’t describe themselves, of Hugging Face and timm, have their neighbours read', async () => {
  for (const publisher of [official, torchvision]) {
    const asked: string[] = []
    assert.equal(await describe({ 'config.json': vit }, { publisher, asked }), {})
    assert.equal(asked, [])
  }
  const asked: string[] = []
  const own = await asSafetensors(
    tensorsOf(timm, smallConfig),
    ownMetadata({ config: smallConfig, recipe: 'timm' }),
  )
  const neighbours = neighboursWith({ 'config.json': { architecture: 'x' } }, asked)
  const options = { notice: assert.unreachable }
  assert.equal(await describeCheckpoint(await openCheckpoint(own), { neighbours }, {}, options), {})
  assert.equal(asked, [])
  await describe({}, { asked })
  assert.equal(asked, ['config.json', 'preprocessor_config.json', 'processor_config.json'])
})

test('every claim that contradicts the tensors is named', async () => {
  const contradictions: [object, RegExp][] = [
    [{ hidden_size: 16 }, /width 16, not 8/],
    [{ num_hidden_layers: 3, intermediate_size: 9 }, /depth 3, not 2; mlpWidth 9, not 12/],
    [{ patch_size: [4, 2] }, /patchSize 4,2, not 4,4/],
    [{ qkv_bias: false }, /qkvBias false, not true/],
    [{ num_channels: 1 }, /channels 1, not 3/],
    [{ image_size: 16 }, /an image of 16 x 16 pixels, for which it has not the positions/],
    [{ num_attention_heads: 3 }, /3 heads, which don't divide the width 8/],
  ]
  for (const [change, message] of contradictions) {
    const error = await rejects(
      describe({ 'config.json': { ...vit, ...change } }),
      CheckpointError,
      message,
    )
    assert.match(error.message, /^dir\/config\.json is not of the given buffer: .*--no-neighbours/)
  }
  const right = { hidden_size: 8, num_hidden_layers: 2, intermediate_size: 12, patch_size: 4 }
  const { config } = await describe({ 'config.json': { ...vit, ...right, num_channels: 3 } })
  assert.equal(config, { eps: 1e-12, heads: 4, imageSize: [12, 12] })
  for (const args of [{ embed_dim: 9 }, { depth: 5 }, { patch_size: 8 }, { img_size: 20 }]) {
    const file = { architecture: 'vit_tiny_patch16_224', model_args: { num_heads: 2, ...args } }
    await rejects(
      describe({ 'config.json': file }, { publisher: timm }),
      CheckpointError,
      /config\.json is not of/,
    )
  }
})

test('what is computed otherwise is refused by name, unless the caller says what to compute', async () => {
  for (const act of ['relu', 'quick_gelu', 'silu', 'toString']) {
    const files = { 'config.json': { ...vit, hidden_act: act } }
    await rejects(describe(files), UnsupportedError, new RegExp(`hidden_act "${act}".*config.gelu`))
    assert.is(
      (await describe(files, { given: { config: { gelu: 'erf' } } })).config!.gelu,
      undefined,
    )
  }
  for (const type of ['bert', 'clip', 'dinov2']) {
    const files = { 'config.json': { ...vit, model_type: type } }
    await rejects(describe(files), UnsupportedError, new RegExp(`model_type "${type}"`))
  }
  const quantised = { 'config.json': { ...vit, quantization_config: { load_in_8bit: true } } }
  await rejects(describe(quantised), UnsupportedError, /quantization_config.*dequantize/)
  const pooler = { 'config.json': { ...vit, pooler_act: 'gelu' } }
  await describe(pooler)
  const config = { classes: 0, representation: 8 }
  await rejects(describe(pooler, { config }), UnsupportedError, /pooler_act "gelu"/)
  const timmRefusals: [object, Given<ViTConfig>, RegExp][] = [
    [
      { global_pool: 'map' },
      { config: { classifier: 'gap' } },
      /global_pool "map".*config.classifier/,
    ],
    [
      { model_args: { act_layer: 'relu' } },
      { config: { gelu: 'erf' } },
      /act_layer "relu".*config.gelu/,
    ],
    [
      { pretrained_cfg: { interpolation: 'random' } },
      { preprocess: 'timm' },
      /interpolation "random"/,
    ],
    [{ pretrained_cfg: { crop_mode: 'random' } }, { preprocess: 'timm' }, /crop_mode "random"/],
    [{ pretrained_cfg: { crop_pct: 1.5 } }, { preprocess: 'timm' }, /crop_pct 1.5/],
  ]
  for (const [change, given, message] of timmRefusals) {
    const files = { 'config.json': { architecture: 'x', ...change } }
    await rejects(describe(files, { publisher: timm }), UnsupportedError, message)
    await describe(files, { publisher: timm, given })
  }
})

test('files that make no sense are errors by name', async () => {
  const wrong: [Files, new (...rest: never[]) => VitrineError, RegExp][] = [
    [{ 'config.json': '{"model_type": "vit"' }, FormatError, /^dir\/config\.json is not JSON/],
    [{ 'config.json': '[]' }, FormatError, /^dir\/config\.json must hold a JSON object/],
    [
      { 'preprocessor_config.json': '<html>' },
      FormatError,
      /^dir\/preprocessor_config\.json is not/,
    ],
    [{ 'config.json': { ...vit, layer_norm_eps: 'x' } }, FormatError, /layer_norm_eps, not "x"/],
    [
      { 'config.json': { ...vit, num_attention_heads: -1 } },
      FormatError,
      /num_attention_heads, not -1/,
    ],
    [
      { 'config.json': { ...vit, image_size: [1, 2, 3] } },
      FormatError,
      /image_size, not \[1,2,3\]/,
    ],
    [{ 'config.json': { ...vit, id2label: { cat: 0 } } }, FormatError, /id2label, not \{"cat":0\}/],
    [{ 'config.json': { ...vit, id2label: 'cat' } }, FormatError, /id2label, not "cat"/],
    [{ 'preprocessor_config.json': { size: 'big' } }, FormatError, /size, not "big"/],
    [
      { 'preprocessor_config.json': { image_std: [1, 0, 1] } },
      FormatError,
      /image_std, not 1, 0, 1/,
    ],
    [
      { 'preprocessor_config.json': { image_mean: [1, 1] } },
      FormatError,
      /image_mean, not \[1,1\]/,
    ],
    [{ 'preprocessor_config.json': { do_resize: 'no' } }, FormatError, /do_resize, not "no"/],
    [{ 'config.json': ' '.repeat((16 << 20) + 1) }, LimitError, /dir\/config\.json is longer than/],
  ]
  for (const [files, kind, message] of wrong) await rejects(describe(files), kind, message)
})

test('a config.json of another library, or of no model, is not used, and that is said', async () => {
  const cases: [VitPublisher, object, RegExp][] = [
    [huggingface, { architecture: 'x', pretrained_cfg: {} }, /one of timm, .* by transformers/],
    [timm, vit, /one of transformers, .* by timm/],
    [huggingface, { vocabulary: 3 }, /says nothing of a Vision Transformer/],
  ]
  for (const [publisher, file, message] of cases) {
    const notices: string[] = []
    assert.equal(await describe({ 'config.json': file }, { publisher, notices }), { sources: {} })
    assert.match(notices.join('\n'), message)
  }
})

test('names of classes: gaps have their number, what fits no head is said', async () => {
  const names = async (id2label: unknown, notices?: string[]) => {
    const setting = notices ? { notices } : {}
    return (await describe({ 'config.json': { ...vit, id2label } }, setting)).labels
  }
  assert.equal(await names({ 0: 'a', 2: 'c', 4: 5, 3: null }), ['a', '1', 'c', '3', '5'])
  assert.is(await names({ 0: 'LABEL_0', 1: 'LABEL_1' }), undefined)
  const notices: string[] = []
  assert.is(await names({ 0: 'a', 5: 'f' }, notices), undefined)
  assert.match(
    notices[0]!,
    /config\.json names 2 classes and the head has 5: its names are not used/,
  )
  const multi = { ...vit, problem_type: 'multi_label_classification' }
  await describe({ 'config.json': multi }, { notices })
  assert.match(notices[1]!, /several labels.*sigmoid/)

  const cfg = { architecture: 'x', num_classes: 5 }
  const ofTimm = async (file: object) =>
    (await describe({ 'config.json': { ...cfg, ...file } }, { publisher: timm })).labels
  const label_names = ['n1', 'n2', 'n3', 'n4', 'n5']
  assert.equal(await ofTimm({ label_names }), label_names)
  assert.equal(await ofTimm({ label_names: { 1: 'b' } }), ['0', 'b', '2', '3', '4'])
  assert.equal(await ofTimm({ labels: label_names }), label_names, 'as timm wrote it before 0.9')
  const some = { label_names, label_descriptions: { n1: 'one' } }
  assert.equal(await ofTimm(some), label_names, 'not every class has a description')
  const label_descriptions = Object.fromEntries(label_names.map((name) => [name, `${name}!`]))
  assert.equal(await ofTimm({ label_names, label_descriptions }), [
    'n1!',
    'n2!',
    'n3!',
    'n4!',
    'n5!',
  ])
})

test('timm: heads by the architecture, sizes that are not the model’s, defaults', async () => {
  const described = async (file: object, notices?: string[]) =>
    describe({ 'config.json': file }, { publisher: timm, ...(notices && { notices }) })
  // Of a width that all of them divide.
  const wide = await asSafetensors(tensorsOf(timm, { ...smallConfig, width: 336, depth: 1 }))
  const heads = async (architecture: string) => {
    const file = await openCheckpoint(wide)
    const neighbours = neighboursWith({ 'config.json': { architecture } })
    const options = { notice: assert.unreachable }
    const { config } = await describeCheckpoint(file, { neighbours }, {}, options)
    return (config as Partial<ViTConfig>).heads
  }
  const table = {
    vit_tiny_patch16_224: 3,
    'vit_small_patch16_224.augreg_in21k': 6,
    vit_base_patch32_384: 12,
    deit_tiny_distilled_patch16_224: 3,
    vit_huge_patch14_224: 16,
    vit_giant_patch14_clip_224: 16,
    vit_base_patch16_plus_240: 14,
    test_vit: 2,
    somebodys_own: undefined,
  }
  for (const [name, expected] of Object.entries(table)) assert.is(await heads(name), expected, name)

  const notices: string[] = []
  const pretrained_cfg = { input_size: [3, 224, 224] }
  const model_args = { num_heads: 2 }
  const odd = await described({ architecture: 'x', pretrained_cfg, model_args }, notices)
  assert.equal([odd.config, odd.storedSize], [{ heads: 2 }, undefined])
  assert.match(notices[0]!, /224 x 224 pixels, .* the size is not used/)
  const dynamic = await described({
    architecture: 'x',
    pretrained_cfg: { input_size: [3, 20, 24] },
    model_args: { num_heads: 2, img_size: 12, dynamic_img_size: true },
  })
  assert.equal(
    [dynamic.config!.imageSize, dynamic.storedSize],
    [
      [20, 24],
      [12, 12],
    ],
  )
  const { mean, std, cropFraction, filter, fit } = odd.preprocess as Recipe
  assert.equal(
    { mean, std, cropFraction, filter, fit },
    {
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      cropFraction: 0.875,
      filter: 'bicubic',
      fit: 'shorter',
    },
  )
})

test('settings of an image processor that are not done are refused by name, with the way out', async () => {
  const refusals: object[] = [
    { resample: 7 },
    { size: { shortest_edge: 12, longest_edge: 20 } },
    { size: { longest_edge: 20 } },
    { do_pad: true },
    { do_center_crop: true, size: { height: 12, width: 12 }, crop_size: { height: 13, width: 12 } },
    { do_center_crop: true, size: 12, crop_size: { shortest_edge: 12 } },
    { crop_pct: 0.9 },
    { rescale_offset: true },
    { do_something_new: true },
    { image_processor_type: 'LevitImageProcessor' },
    { feature_extractor_type: 'toString' },
  ]
  for (const settings of refusals) {
    const files = { 'preprocessor_config.json': settings }
    const key = Object.keys(settings).at(-1)
    await rejects(
      describe(files),
      UnsupportedError,
      new RegExp(`^dir/preprocessor_config\\.json says ${key} .*pass preprocess`),
    )
    assert.is((await describe(files, { given: { preprocess: 'timm' } })).preprocess, undefined)
  }
  const notices: string[] = []
  const known = { do_pad: false, do_something_new: false, pad_size: null, size: 12 }
  const files = { 'preprocessor_config.json': { ...known, colour_of_the_frame: 'red' } }
  const { preprocess } = await describe(files, { notices, given: noConfig })
  assert.is((preprocess as Recipe).fit, 'squash')
  assert.match(notices.join(), /preprocessor_config\.json: colour_of_the_frame is of no use here/)
})

test('an image processor within a processor of images and text is read too', async () => {
  const image_processor = { size: 12, image_mean: [0.1], image_std: [0.2] }
  const { preprocess, sources } = await describe({ 'processor_config.json': { image_processor } })
  assert.equal((preprocess as Recipe).mean, [0.1, 0.1, 0.1])
  assert.is(sources!.preprocess, 'dir/processor_config.json')
})

test('pixels of another size than the model’s are made of the model’s, and that is said', async () => {
  const files = { 'config.json': vit, 'preprocessor_config.json': { size: 24 } }
  const notices: string[] = []
  await describe(files, { notices })
  assert.match(
    notices.join(),
    /preprocessor_config\.json makes images of 24 x 24 pixels, .* 12 x 12/,
  )
  await describe(files, { given: { config: { imageSize: [24, 24] } } })
})

test('what nothing says is assumed and named', async () => {
  for (const [publisher, expected] of [
    [huggingface, ['imageSize 12x12', 'heads 1']],
    [timm, ['imageSize 12x12', 'heads 1']],
    [torchvision, ['heads 1']],
    [official, []],
  ] as const) {
    const bytes = await asSafetensors(tensorsOf(publisher, { ...smallConfig, width: 64, heads: 1 }))
    const file = await openCheckpoint(bytes)
    assert.equal((await planCheckpoint(file)).assumed, expected, publisher.name)
    const larger = (await planCheckpoint(file, { heads: 1, imageSize: [20, 24] })).assumed
    const isSquare = publisher === torchvision || publisher === official
    assert.equal(larger, isSquare ? [] : ['a grid of 3x3 positions in the file'])
    const all = { heads: 1, imageSize: [12, 12] as const }
    assert.equal((await planCheckpoint(file, all)).assumed, [])
    assert.equal((await planCheckpoint(file, {}, { description: { config: all } })).assumed, [])
  }
})

test.run()
