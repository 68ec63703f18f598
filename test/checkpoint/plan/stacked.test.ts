import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { unstacked } from '../../../src/checkpoint/plan/stacked.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { CheckpointError } from '../../../src/errors.ts'
import { bigVisionFamily } from '../../../src/families/big-vision/family.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { visionTensors } from '../../families/vision/foreign.ts'
import { smallVision, variations } from '../../families/vision/variations.ts'
import { rejects } from '../collect.ts'
import { loadCheckpoint } from '../loading.ts'
import { asNpz, asSafetensors, smallConfig, type TensorToMake, tensorsOf } from '../models.ts'
import { checkRoundTrip } from '../round-trip.ts'

// big_vision's blocks in one array for each kind of tensor, as `scan` makes them, are those of files with an array each.

/** `encoderblock_0/…`, `encoderblock_1/…` as `encoderblock/…` with a side for the blocks. */
function stacked(tensors: readonly TensorToMake[], scope = ''): TensorToMake[] {
  const block = /encoderblock_(\d+)\//
  const others = tensors.filter(({ name }) => !block.test(name))
  const first = tensors.filter(({ name }) => block.exec(name)?.[1] === '0')
  return [
    ...others.map((tensor) => ({ ...tensor, name: scope + tensor.name })),
    ...first.map((tensor) => {
      const all = tensors.filter(
        ({ name }) =>
          name.replace(block, '') === tensor.name.replace(block, '') && block.test(name),
      )
      return {
        ...tensor,
        name: scope + tensor.name.replace(block, 'encoderblock/'),
        shape: [all.length, ...tensor.shape],
        values: Float32Array.from(all.flatMap(({ values }) => [...values])),
      }
    }),
  ]
}

const pooled = {
  ...smallVision,
  ...variations['attention pool'],
  family: 'big_vision',
  imageSize: [16, 16],
  mapHeads: 2,
} as const
const [bigVision] = bigVisionFamily.publishers

const models = {
  'a ViT': { tensors: tensorsOf(official, { ...smallConfig, classToken: true }), config: {} },
  'attention pooling': {
    tensors: visionTensors(bigVision as never, pooled),
    config: { heads: 2, mapHeads: 2 },
  },
}

for (const [name, { tensors, config }] of Object.entries(models)) {
  test(`${name}: the same weights, and the same file of ours`, async () => {
    const apart = await openCheckpoint(asNpz(tensors))
    const plan = await planCheckpoint(apart, config)
    const expected = await loadCheckpoint(apart, plan)
    for (const bytes of [
      asNpz(stacked(tensors)),
      asNpz(stacked(tensors, 'params/'), true),
      await asSafetensors(stacked(tensors)),
    ]) {
      const file = await openCheckpoint(bytes)
      const found = await planCheckpoint(file, config)
      assert.equal(found.config, plan.config)
      const weights = await loadCheckpoint(file, found)
      for (const [name, values] of expected) assert.equal(weights.get(name), values, name)
      await checkRoundTrip(file, found)
    }
  })
}

test('stacks of different heights, and of absurd ones', async () => {
  const tensors = stacked(models['a ViT'].tensors)
  const uneven = tensors.map((tensor) =>
    tensor.name.endsWith('encoderblock/LayerNorm_0/bias')
      ? { ...tensor, shape: [1, 8], values: tensor.values.slice(0, 8) }
      : tensor,
  )
  const file = await openCheckpoint(asNpz(uneven))
  await rejects(
    planCheckpoint(file),
    CheckpointError,
    /missing .*encoderblock_1\/LayerNorm_0\/bias/,
  )
  const shape = [2 ** 30, 0]
  const name = 'Transformer/encoderblock/LayerNorm_0/bias'
  const absurd = { ...file, tensors: new Map([[name, { name, dtype: 'f32' as const, shape }]]) }
  assert.is(unstacked(absurd), undefined)
})

test.run()
