import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { resizePosition } from '../../src/checkpoint/plan/position.ts'
import { resizeKernel } from '../../src/checkpoint/plan/resize-kernel.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../src/errors.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { type PlanOptions, planCheckpoint } from '../../src/families/plan.ts'
import { official } from '../../src/families/vit/names/official.ts'
import { load } from '../../src/load.ts'
import { rejects } from '../checkpoint/collect.ts'
import { loadCheckpoint } from '../checkpoint/loading.ts'
import {
  asNpz,
  asSafetensors,
  randomTensors,
  smallConfig,
  tensorsOf,
} from '../checkpoint/models.ts'
import { checkRoundTrip } from '../checkpoint/round-trip.ts'
import { assertWithin } from '../goldens/model.ts'
import { gaussian } from '../random.ts'
import { smallDual, smallVision } from './vision/variations.ts'

// A model with patches of another size than its file's: FlexiViT's resizing of the kernel, and positions for the new grid.

type Sides = readonly [number, number]

/** A patch `[height * width, channels]` resized with bicubic interpolation and antialias. */
const resized = (patch: Float32Array, channels: number, from: Sides, to: Sides) =>
  resizePosition(patch, 0, channels, from, to, 'timm')

const dot = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  Array.from(one).reduce((sum, value, i) => sum + value * other[i]!, 0)

const ownFile = async (config: AnyConfig) =>
  openCheckpoint(
    await asSafetensors(
      await randomTensors(config, 'own'),
      ownMetadata({ config, recipe: 'timm', resample: 'timm' }),
    ),
  )

const officialFile = async (config: typeof smallConfig) =>
  openCheckpoint(asNpz(tensorsOf(official, config)))

const files = {
  'a plain ViT': () => ownFile(smallConfig),
  'a plain ViT of the release': () => officialFile(smallConfig),
  'a ViT with rotations and registers': () =>
    ownFile({ ...smallVision, layerScale: true, registers: 2, rope: 'indexed' }),
  'a CLIP': () => ownFile(smallDual),
} as const

/** Column `out` of a kernel `[height * width * channels, width]`. */
const columnOf = (kernel: Float32Array, out: number, width: number) =>
  Float32Array.from({ length: kernel.length / width }, (_, i) => kernel[i * width + out]!)

const planWith = async (
  file: Awaited<ReturnType<typeof ownFile>>,
  patchSize: Sides,
  imageSize?: Sides,
  options: PlanOptions = {},
) =>
  planCheckpoint(
    file,
    { patchSize, ...(imageSize && { imageSize }) },
    { ...options, patchSize, resample: 'timm' },
  )

for (const [name, open] of Object.entries(files)) {
  test(`${name}: larger patches give the tokens of the patches that they are enlarged from`, async () => {
    const file = await open()
    const before = await planCheckpoint(file)
    const { patchSize: from, channels, width } = before.config as typeof smallConfig
    const to = [6, 9] as const
    const plan = await planWith(file, to, [18, 36])
    assert.equal(plan.config, { ...before.config, imageSize: [18, 36], patchSize: to })
    const old = (await loadCheckpoint(file, before)).get('patch.kernel')!
    const weights = await loadCheckpoint(file, plan)
    const patch = gaussian(7, from[0] * from[1] * channels, 1)
    const enlarged = resized(patch, channels, from, to)
    for (let out = 0; out < width; out++) {
      const expected = dot(columnOf(old, out, width), patch)
      const found = dot(columnOf(weights.get('patch.kernel')!, out, width), enlarged)
      assert.ok(Math.abs(found - expected) < 1e-5, `${found} and not ${expected}`)
    }
    // A grid of 3 x 4 patches: positions are resized to it as for another image size.
    const imageSize = [3 * from[0], 4 * from[1]] as const
    const same = await planCheckpoint(file, { imageSize }, { resample: 'timm' })
    const positions = (await loadCheckpoint(file, same)).get('position')!
    assert.equal(weights.get('position'), positions)
    await checkRoundTrip(file, plan)
  })
}

test('smaller patches: a kernel made of one for small patches becomes that again', async () => {
  const [from, to, channels] = [[4, 4], [3, 2], 3] as const
  const small = gaussian(5, to[0] * to[1] * channels * smallConfig.width, 0.5)
  const column = (out: number) => columnOf(small, out, smallConfig.width)
  // Large kernels whose product with a patch is that of the small ones with the reduced patch.
  const tensors = tensorsOf(official, smallConfig).map((tensor) => {
    if (!/embedding\/kernel$/.test(tensor.name)) return tensor
    const values = new Float32Array(tensor.values.length)
    for (let i = 0; i < values.length / smallConfig.width; i++) {
      const unit = new Float32Array(values.length / smallConfig.width)
      unit[i] = 1
      const reduced = resized(unit, channels, from, to)
      for (let out = 0; out < smallConfig.width; out++) {
        values[i * smallConfig.width + out] = dot(reduced, column(out))
      }
    }
    return { ...tensor, values }
  })
  const file = await openCheckpoint(asNpz(tensors))
  const plan = await planWith(file, to)
  assertWithin((await loadCheckpoint(file, plan)).get('patch.kernel')!, small, 1e-6, 'kernel')
})

test('kernels of all sizes up to 24 can be resized to one another', () => {
  for (let from = 1; from <= 24; from++) {
    const kernel = gaussian(from, from, 1)
    for (let to = 1; to <= 24; to++) {
      const found = resizeKernel(kernel, 1, 1, [from, 1], [to, 1])
      assert.is(found.length, to)
      assert.ok(found.every(Number.isFinite), `${from} to ${to}`)
    }
  }
})

test('patches are only resized when it is asked for', async () => {
  const bytes = await asSafetensors(
    await randomTensors(smallConfig, 'own'),
    ownMetadata({ config: smallConfig, recipe: 'timm' }),
  )
  const options = { backend: 'reference' } as const
  const other = await load(bytes, { ...options, config: { patchSize: [6, 6] } })
  assert.equal(other.config, { ...smallConfig, patchSize: [6, 6] })
  const file = await openCheckpoint(bytes)
  const same = await planWith(file, [4, 4])
  assert.equal(same.config, smallConfig)
  assert.equal(
    await loadCheckpoint(file, same),
    await loadCheckpoint(file, await planCheckpoint(file)),
  )
  // A config that contradicts the tensors, a variant that the file is not.
  const wrong = await asSafetensors(
    await randomTensors(smallConfig, 'own'),
    ownMetadata({ config: { ...smallConfig, patchSize: [2, 2] } as never, recipe: 'timm' }),
  )
  await rejects(load(wrong, options), CheckpointError, /misshapen/)
  await rejects(
    load(wrong, { ...options, config: { patchSize: [6, 6] } }),
    CheckpointError,
    /misshapen/,
  )
  await rejects(
    load(bytes, { ...options, variant: 'B_32', imageSize: 64 }),
    CheckpointError,
    /patch_embed\.proj\.weight: \[8, 3, 4, 4\], expected/,
  )
})

test('what can’t be resized is refused', async () => {
  const file = await ownFile(smallConfig)
  await rejects(planWith(file, [13, 4]), ArgumentError, /12 x 12 pixels holds no patch of 13 x 4/)
  await rejects(planWith(file, [0, 4]), ArgumentError, /patchSize must be two whole numbers/)
  const mixer: AnyConfig = {
    family: 'mixer',
    imageSize: [8, 8],
    channels: 3,
    patchSize: [4, 4],
    padding: 'valid',
    width: 8,
    depth: 1,
    tokenMlpWidth: 6,
    mlpWidth: 10,
    gelu: 'erf',
    eps: 1e-6,
    classes: 3,
  }
  await rejects(planWith(await ownFile(mixer), [2, 2]), UnsupportedError, /mixer.*leave out/)
})

test.run()
