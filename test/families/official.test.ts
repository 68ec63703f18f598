import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckpointInput } from '../../src/checkpoint/checkpoint.ts'
import { linenNames, preLinenName } from '../../src/checkpoint/plan/linen.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../src/checkpoint/write/safetensors.ts'
import { UnsupportedError } from '../../src/errors.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { encodeCheckpoint, encodeNpz } from '../../src/families/encode.ts'
import type { LiTConfig } from '../../src/families/lit/config.ts'
import { asOfficial } from '../../src/families/official.ts'
import { type CheckpointPlan, planCheckpoint } from '../../src/families/plan.ts'
import { variantConfigOf } from '../../src/families/published.ts'
import { familyOf } from '../../src/families/registry.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { official } from '../../src/families/vit/names/official.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { rejects } from '../checkpoint/collect.ts'
import {
  asNpz,
  asSafetensors,
  randomTensors,
  renamed,
  smallConfig,
  tensorsOf,
} from '../checkpoint/models.ts'
import { type SimpleTensor, simpleNpz, simpleSafetensors } from '../checkpoint/simple.ts'
import { sharedBytes, sharedTest } from '../shared.ts'

/** A name with Linen's numbers, of those that are found in blocks. */
const linenName = (name: string) =>
  name
    .replace('/MultiHeadDotProductAttention_1/', '/MultiHeadDotProductAttention_0/')
    .replace('/LayerNorm_2/', '/LayerNorm_1/')
    .replace('/MlpBlock_3/', '/MlpBlock_0/')

/** Sizes of a LiT. */
const smallLiT: Partial<LiTConfig> = {
  imageSize: [12, 12],
  patchSize: [4, 4],
  width: 8,
  depth: 2,
  heads: 2,
  mlpWidth: 12,
  textWidth: 6,
  textDepth: 3,
  textHeads: 3,
  textMlpWidth: 10,
  vocabulary: 33,
}

const plain: ViTConfig = { ...smallConfig, gelu: 'tanh' }

/** A model as the release publishes it. */
const published = (config: ViTConfig) => asNpz(renamed(tensorsOf(official, config), preLinenName))

type Changes = Partial<ViTConfig>

const pick = (config: object, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(config).filter(([field]) => fields.includes(field)))

async function toNpz(input: CheckpointInput, config: object = {}): Promise<Uint8Array> {
  const file = await openCheckpoint(input)
  return collectBytes(encodeNpz(file, await planCheckpoint(file, config), {}))
}

async function toSafetensors(input: CheckpointInput, config: object = {}): Promise<Uint8Array> {
  const file = await openCheckpoint(input)
  const plan = await planCheckpoint(file, config)
  return collectBytes(encodeCheckpoint(file, plan, { dtype: 'f32' }))
}

/** The same names, shapes, types and bits of values, in any order. */
function same(found: Uint8Array, expected: Uint8Array | Map<string, SimpleTensor>): void {
  const [a, b] = [simpleNpz(found), expected instanceof Map ? expected : simpleNpz(expected)]
  assert.equal([...a.keys()].sort(), [...b.keys()].sort())
  for (const [name, { dtype, shape, data }] of b) {
    assert.equal([name, a.get(name)!.dtype, a.get(name)!.shape], [name, dtype, shape])
    assert.is(Buffer.compare(a.get(name)!.data, data), 0, name)
  }
}

test('the numbers before Linen are those that Linen’s rule turns into its own', () => {
  const names = tensorsOf(official, plain).map(({ name }) => name)
  const earlier = names.map(preLinenName)
  assert.ok(earlier.includes('Transformer/encoderblock_1/MlpBlock_3/Dense_0/kernel'))
  assert.ok(earlier.includes('Transformer/encoderblock_0/LayerNorm_2/scale'))
  const back = linenNames(earlier)
  names.forEach((name, i) => {
    assert.is(back.get(name), earlier[i])
  })
})

test('npz to npz, directly and by way of safetensors: the same file', async () => {
  const cases: [made: Changes, told?: Changes][] = [
    [{}],
    [{ representation: 7 }],
    [{ classes: 0 }],
    [{ classToken: false, classifier: 'gap' }],
    [{ classifier: 'token_unpooled' }, { classifier: 'token_unpooled' }],
    [{ imageSize: [8, 20], patchSize: [2, 4] }, { imageSize: [8, 20] }],
    [{ channels: 1 }],
  ]
  for (const [made, told] of cases) {
    const source = published({ ...plain, ...made })
    same(await toNpz(source, told), source)
    same(await toNpz(await toSafetensors(source, told)), source)
  }
})

test('any publisher in, the release’s names out: the same model', async () => {
  for (const changes of [{}, { representation: 7 }]) {
    const source = await asSafetensors(tensorsOf(timm, { ...plain, ...changes }))
    const told = { heads: 2, gelu: 'tanh' } as const
    const npz = await toNpz(source, told)
    same(await toNpz(await toSafetensors(source, told)), npz)
    // Back under timm's names every tensor is what it was.
    const again = await openCheckpoint(await toSafetensors(npz))
    const before = await openCheckpoint(await toSafetensors(source, told))
    assert.equal(again.tensors, before.tensors)
    for (const name of before.tensors.keys()) {
      for await (const expected of before.read(name)) {
        for await (const found of again.read(name)) assert.equal(found, expected, name)
      }
    }
  }
})

async function planOf(config: ViTConfig): Promise<CheckpointPlan> {
  const file = await openCheckpoint(await asSafetensors(tensorsOf(timm, config)))
  const { heads, imageSize, gelu, eps, classifier } = config
  return planCheckpoint(file, { heads, imageSize, gelu, eps, classifier } as Partial<AnyConfig>)
}

test('what the release’s code would compute differently is refused by name', async () => {
  const cases: [Changes, found: RegExp, read: RegExp][] = [
    [{ gelu: 'erf' }, /gelu erf/, /gelu tanh/],
    [{ eps: 1e-5 }, /eps 0.00001/, /eps 0.000001/],
    [{ qkvBias: false }, /qkvBias false/, /qkvBias true/],
    [{ distilled: true }, /distilled true/, /distilled false/],
    [{ classToken: false, classifier: 'gap', normAfterPool: true }, /normAfterPool true/, /false/],
    [{ classifier: 'gap' }, /classifier gap/, /classifier token/],
    [{ gelu: 'erf', eps: 0 }, /gelu erf, eps 0:/, /--config gelu=tanh,eps=0.000001/],
  ]
  for (const [changes, found, read] of cases) {
    const message = new RegExp(`${found.source}.* would compute .*${read.source}`)
    await rejects(asOfficial(await planOf({ ...plain, ...changes })), UnsupportedError, message)
  }
})

test('what a reader must be told is named', async () => {
  const unsaid = async (changes: Changes, plan: Partial<CheckpointPlan> = {}) => {
    const made = await planOf({ ...plain, ...changes })
    const said = { recipe: 'official', resample: 'official' } as const
    return (await asOfficial({ ...made, ...said, ...plan })).unsaid()
  }
  assert.equal(await unsaid({}), [])
  assert.equal(await unsaid({ imageSize: [8, 20], patchSize: [2, 4] }), ['imageSize [8,20]'])
  // 2 x 8 positions look like 4 x 4.
  assert.equal(await unsaid({ imageSize: [8, 32] }), ['imageSize [8,32]'])
  assert.equal(await unsaid({ imageSize: [13, 13] }), ['imageSize [13,13]'])
  assert.equal(await unsaid({ classifier: 'token_unpooled' }), ['classifier token_unpooled'])
  assert.equal(await unsaid({}, { recipe: 'timm' }), ['the preprocessing'])
  assert.equal(await unsaid({}, { labels: ['a', 'b', 'c', 'd', 'e'] }), ['the class names'])
  assert.equal(await unsaid({ classes: 1000 }, { labels: 'imagenet2012' }), [])
  assert.match((await unsaid({}, { resample: 'timm' })).join(), /resized \(timm\)/)
})

/** Small models of the other families, with no two sizes alike. */
const others: readonly AnyConfig[] = [
  variantConfigOf('LiT-B16B', {
    ...smallLiT,
    textTower: 'bert',
    imageHead: true,
    embedding: 14,
    textPositions: 20,
  }),
  variantConfigOf('LiT-L16S', {
    ...smallLiT,
    textTower: 'transformer',
    imageHead: false,
    embedding: 8,
    textPositions: 16,
  }),
  variantConfigOf('R50+ViT-B_16', {
    imageSize: [64, 64],
    units: [2, 1],
    stemWidth: 32,
    width: 8,
    depth: 2,
    heads: 2,
    mlpWidth: 12,
    classes: 5,
  }),
  variantConfigOf('R+ViT-Ti_16', {
    imageSize: [64, 64],
    patchSize: [4, 4],
    stemWidth: 32,
    width: 8,
    depth: 1,
    heads: 2,
    mlpWidth: 12,
    classes: 0,
  }),
  variantConfigOf('Mixer-B_16', {
    imageSize: [12, 12],
    patchSize: [4, 4],
    width: 8,
    depth: 2,
    tokenMlpWidth: 7,
    mlpWidth: 12,
    classes: 5,
  }),
]

for (const config of others) {
  test(`${config.family}: npz to npz, directly and by way of safetensors: the same file`, async () => {
    const source = asNpz(await randomTensors(config, 'official'))
    const told = pick(config, (await (await familyOf(config)).tools()).told(config))
    same(await toNpz(source, told), source)
    same(await toNpz(await toSafetensors(source, told)), source)
  })
}

/** Golden models, what they do not say, and the names that are written. */
const golden: readonly (readonly [path: string, told: object, name: (key: string) => string])[] = [
  ...['token', 'token-prelogits', 'gap', 'prelinen-names'].map(
    (name) => [`official/${name}`, {}, preLinenName] as const,
  ),
  ...['hybrid-stem', 'hybrid-two-stages', 'hybrid-four-stages', 'groupnorm-1x1x1xC', 'mixer'].map(
    (name) => [`official/${name}`, {}, preLinenName] as const,
  ),
  ['lit/models/bert_two_heads', { textHeads: 3 }, linenName],
  ['lit/models/bert_text_head_only', { textHeads: 3 }, linenName],
  ['lit/models/bert_no_heads', { textHeads: 3 }, linenName],
  ['lit/models/text_transformer', {}, linenName],
  ['lit/models/text_transformer_two_heads', {}, linenName],
]

for (const [path, told, name] of golden) {
  sharedTest(`${path}: the same file`, async () => {
    const source = sharedBytes(`golden/${path}/checkpoint.npz`)
    const stored = [...simpleNpz(source)]
    // Group norms that are stored as [1, 1, 1, C] are written as [C], as the release's loader makes them.
    const flat = ({ shape, ...tensor }: SimpleTensor): SimpleTensor =>
      shape.join().startsWith('1,1,1,')
        ? { ...tensor, shape: shape.slice(3) }
        : { ...tensor, shape }
    const expected = new Map(stored.map(([key, tensor]) => [name(key), flat(tensor)]))
    same(await toNpz(source, told), expected)
    same(await toNpz(await toSafetensors(source, told)), expected)
  })
}

/** Values of the release for what timm computes otherwise. */
const release = { gelu: 'tanh', groupEps: 1e-6, kernelEps: 1e-5, kernelEpsOn: 'deviation' }

for (const [name, told] of [
  ['hybrid_r_stem', { ...release, heads: 3 }],
  ['hybrid_resnet', { ...release, heads: 3 }],
  ['mixer', { gelu: 'tanh', padding: 'same' }],
] as const) {
  sharedTest(`timm/${name} under the release’s names, and back: the same file`, async () => {
    const source = sharedBytes(`golden/timm/${name}/model.safetensors`)
    const direct = await toSafetensors(source, told)
    const npz = await toNpz(source, told)
    const [found, expected] = [await toSafetensors(npz), direct].map(simpleSafetensors)
    assert.equal(found, expected)
    same(await toNpz(direct), npz)
  })
}

sharedTest('the real Ti/16 from timm’s file: the official one, bit for bit', async () => {
  const source = sharedBytes('data/weights/vit_tiny_patch16_224.timm.safetensors')
  same(
    await toNpz(source, { gelu: 'tanh' }),
    sharedBytes('data/weights/Ti_16-imagenet2012-224.google-layout.npz'),
  )
})

test.run()
