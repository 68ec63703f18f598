import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import {
  ArgumentError,
  CheckpointError,
  FormatError,
  UnsupportedError,
} from '../../../src/errors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import { naflexSizes } from '../../../src/families/naflex/any-size.ts'
import { huggingface } from '../../../src/families/naflex/names.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import { patchGrid } from '../../../src/families/vit/grid.ts'
import type { Recipe } from '../../../src/image/preprocess/recipes.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import type { ImageModel } from '../../../src/index.ts'
import { load } from '../../../src/load.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors, randomTensors } from '../../checkpoint/models.ts'
import { checkRoundTrip } from '../../checkpoint/round-trip.ts'
import { assertWithin } from '../../goldens/model.ts'
import { gradient, makeJPEG, noise, tiffWithOrientation, withExif } from '../../image/make.ts'
import { dualTensors } from '../vision/foreign.ts'
import { smallNaflex, smallSiglip, smallVision } from '../vision/variations.ts'
import { besideFiles } from './beside-files.ts'

// SigLIP 2 NaFlex: each image has the grid of patches that its aspect ratio asks for. test/goldens/dual.test.ts compares
// with transformers.

const config = smallNaflex
const recipe: Recipe = { ...RECIPES.naflex, maxPatches: 20 }
const bytes = await asSafetensors(
  await randomTensors(config, 'own'),
  ownMetadata({ config, recipe, resample: 'naflex' }),
)

/** Pictures, and the sizes that transformers gives them: patches of 4 x 4, 20 at most. */
const pictures = [
  { picture: noise(16, 16), size: [16, 16] },
  { picture: noise(40, 12), size: [8, 28] },
  { picture: noise(12, 40), size: [28, 8] },
  { picture: noise(9, 5), size: [12, 24] },
  { picture: noise(200, 3), size: [4, 80] },
] as const

const backends = ['reference', 'wasm'] as const

for (const backend of backends) {
  test(`an image is computed as by a model of its size, on ${backend}`, async () => {
    using model = await load(bytes, { backend })
    const found = await model.embed(pictures.map(({ picture }) => picture))
    for (const [i, { picture, size }] of pictures.entries()) {
      using fixed = await load(bytes, {
        backend: 'reference',
        preprocess: { fit: 'squash' },
        imageSize: size,
      })
      assert.equal(fixed.config.imageSize, size)
      assertWithin(found[i]!, await fixed.embed(picture), 5e-5, size.join('x'))
      const tokens = await model.embed(picture, { pool: 'tokens' })
      const expected = await fixed.embed(picture, { pool: 'tokens' })
      assert.equal(tokens.grid, patchGrid({ ...config, imageSize: size }))
      assert.equal([tokens.grid, tokens.shape], [expected.grid, expected.shape])
      assertWithin(tokens.patches, expected.patches, 5e-5, 'tokens')
      const [layer] = await model.features(picture, { reshape: true })
      assert.equal(layer!.shape, [config.width, ...tokens.grid])
      const { rollout, grid } = await model.attention(picture)
      assert.equal(grid, tokens.grid)
      assertWithin(rollout, (await fixed.attention(picture)).rollout, 1e-5, 'rollout')
    }
  })
}

test('pixels come patch by patch', async () => {
  using model = await load(bytes)
  const { picture, size } = pictures[3]!
  const pixels = await model.pixels(picture)
  using fixed = await load(bytes, { preprocess: { fit: 'squash' }, imageSize: size })
  const [height, width] = size
  const whole = await fixed.pixels(picture)
  assert.is(pixels.length, height * width * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const patch = Math.floor(y / 4) * (width / 4) + Math.floor(x / 4)
      const at = patch * 48 + ((y % 4) * 4 + (x % 4)) * 3
      const pixel = whole.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)
      assert.equal(pixels.slice(at, at + 3), pixel.slice())
    }
  }
})

test('a picture has its size after it is turned upright', async () => {
  using model = await load(bytes)
  const jpeg = withExif(await makeJPEG(gradient(40, 12)), tiffWithOrientation(6, true))
  const gridOf = async (orientation: boolean) =>
    (await model.embed(jpeg, { pool: 'tokens', orientation })).grid
  assert.equal(
    [await gridOf(true), await gridOf(false)],
    [
      [7, 2],
      [2, 7],
    ],
  )
})

test('more or fewer patches, and another rule for the positions', async () => {
  const { picture } = pictures[1]!
  const gridOf = async (maxPatches: number) => {
    using model = await load(bytes, { preprocess: { maxPatches } })
    return (await model.embed(picture, { pool: 'tokens' })).grid
  }
  assert.equal(await gridOf(60), [4, 14])
  assert.equal(await gridOf(1), [1, 1])
  using own = await load(bytes)
  using other = await load(bytes, { resample: 'timm' })
  assert.not.equal(await other.embed(picture), await own.embed(picture))
})

test('positions and filters as the file has them', async () => {
  using model = await load(bytes)
  const { positions, grid, filterShape } = await model.inputEmbeddings()
  assert.equal(
    [grid, filterShape],
    [
      [4, 4],
      [16, 4, 4, 3],
    ],
  )
  const stored = (await randomTensors(config, 'own')).find(({ name }) => name === 'pos_embed')!
  assert.equal(positions, stored.values)
})

test('only some sizes are kept, and the oldest ones are released', async () => {
  const file = await openCheckpoint(bytes)
  const plan = (await planOwn(file, {}, {}))!
  const sizes = (await naflexSizes({ ...plan, config }, recipe))!
  const read = (width: number) => sizes.read(noise(width, 4), { ...recipe, maxPatches: 40 }, {})
  const { sized } = await read(4)
  assert.is((await read(4)).sized, sized)
  let released = 0
  const executable = { run: async () => ({}), release: () => void released++ }
  sized.compiled.set('features', executable)
  const others = new Set<object>()
  for (let width = 8; others.size < 16; width += 4) others.add((await read(width)).sized)
  assert.is(released, 1)
  assert.is.not((await read(4)).sized, sized)
})

async function near(one: ImageModel, other: ImageModel, least: number) {
  for (const { picture } of pictures) {
    const [a, b] = [await one.embed(picture), await other.embed(picture)]
    const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0)
    assert.ok(dot / Math.hypot(...a) / Math.hypot(...b) > least)
  }
}

test('int16 and int8, and a file in int8', async () => {
  using exact = await load(bytes)
  for (const [dtype, least] of [
    ['int16', 0.9999],
    ['int8', 0.99],
  ] as const) {
    using model = await load(bytes, { dtype })
    await near(model, exact, least)
  }
  const file = await openCheckpoint(bytes)
  const small = await collectBytes(
    encodeCheckpoint(file, (await planOwn(file, {}, {}))!, { dtype: 'int8' }),
  )
  using model = await load(small, { dtype: 'int8' })
  await near(model, exact, 0.99)
})

const text = { num_attention_heads: 2, hidden_act: 'quick_gelu', layer_norm_eps: 1e-5 }
const json = {
  model_type: 'siglip2',
  vision_config: {
    ...{ num_attention_heads: 4, hidden_act: 'gelu', patch_size: 4, num_patches: 16 },
    layer_norm_eps: 1e-6,
  },
  text_config: text,
}
const processor = {
  ...{ image_processor_type: 'Siglip2ImageProcessor', patch_size: 4, max_num_patches: 20 },
}
const foreignTensors = dualTensors(huggingface, { ...config, vocabulary: 21 })
const foreign = await asSafetensors(foreignTensors)

test("a file with transformers' names, whose kernel of patches is a matrix", async () => {
  const { file, plan } = await besideFiles(foreign, {
    'config.json': json,
    'preprocessor_config.json': processor,
  })
  const { ropeBase, ropeGrid, ...found } = plan.config as typeof config
  assert.equal(
    { ...found, ropeBase: 100, ropeGrid: [3, 3] },
    { ...config, cleaning: 'transformers' },
  )
  assert.equal([plan.recipe, plan.assumed], [recipe, []])
  assert.is(plan.resample, 'naflex')
  const own = await checkRoundTrip(file, plan)
  // A row of the matrix is a filter: rows and columns of pixels, and channels for each.
  const kernel = foreignTensors.find(({ name }) => name.endsWith('patch_embedding.weight'))!
  for await (const block of own.read('patch_embed.proj.weight')) {
    const expected = block.map((_, i) => {
      const [filter, channel, pixel] = [Math.floor(i / 48), Math.floor((i % 48) / 16), i % 16]
      return kernel.values[filter * 48 + pixel * 3 + channel]!
    })
    assert.equal(block.slice(), expected)
  }
})

const refused = (given: Parameters<typeof load>[1], kind: typeof ArgumentError, message: RegExp) =>
  rejects(load(bytes, given), kind, message)

test('options that do not go with it are refused by name', async () => {
  await refused({ imageSize: 32 }, ArgumentError, /no imageSize.*maxPatches/)
  await refused({ config: { imageSize: [32, 16] } }, ArgumentError, /no imageSize/)
  await refused({ config: { patchSize: [8, 8] } }, UnsupportedError, /family naflex.*patch size/)
  const both = { fit: 'squash', maxPatches: 9 } as const
  await refused({ preprocess: both }, ArgumentError, /maxPatches goes with/)
  await refused({ preprocess: { cropFraction: 0.9 } }, ArgumentError, /crops nothing/)
  using fixed = await load(bytes, { preprocess: 'siglip' })
  assert.equal((await fixed.embed(pictures[4]!.picture, { pool: 'tokens' })).grid, [4, 4])
})

test('models of one size have no patches to fit', async () => {
  for (const config of [smallSiglip, { ...smallVision, classes: 0 }]) {
    for (const own of ['naflex', 'timm'] as const) {
      const file = await asSafetensors(
        await randomTensors(config, 'own'),
        ownMetadata({ config, recipe: own }),
      )
      const given = own === 'timm' ? { preprocess: 'naflex' as const } : {}
      await rejects(
        load(file, given),
        ArgumentError,
        /fit 'patches' is for models that take images/,
      )
    }
  }
})

test('what lies beside it is honoured or refused', async () => {
  const withProcessor = (change: object) =>
    besideFiles(foreign, {
      'config.json': json,
      'preprocessor_config.json': { ...processor, ...change },
    })
  await rejects(withProcessor({ patch_size: 16 }), CheckpointError, /patchSize 16,16, not 4,4/)
  await rejects(withProcessor({ do_resize: false }), UnsupportedError, /do_resize/)
  await rejects(withProcessor({ do_center_crop: true }), UnsupportedError, /do_center_crop/)
  const { max_num_patches: _, ...rest } = processor
  const { plan } = await besideFiles(foreign, {
    'config.json': json,
    'preprocessor_config.json': rest,
  })
  assert.equal(plan.recipe, RECIPES.naflex)
  const wrong = { ...json, vision_config: { ...json.vision_config, patch_size: 8 } }
  await rejects(besideFiles(foreign, { 'config.json': wrong }), CheckpointError, /patchSize 8,8/)
  const vision = (change: object) => ({
    ...json,
    vision_config: { ...json.vision_config, ...change },
  })
  for (const [num_patches, kind, message] of [
    [25, CheckpointError, /an image of 20 x 20 pixels, for which it has not the positions/],
    [15, FormatError, /a square as num_patches, not 15/],
  ] as const) {
    await rejects(besideFiles(foreign, { 'config.json': vision({ num_patches }) }), kind, message)
  }
  await rejects(
    besideFiles(foreign, { 'config.json': { ...json, model_type: 'siglip' } }),
    UnsupportedError,
    /siglip.*siglip2/,
  )
})

test.run()
