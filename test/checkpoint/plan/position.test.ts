import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Grid, resizePosition } from '../../../src/checkpoint/plan/position.ts'
import { type Resample, resamples } from '../../../src/checkpoint/plan/resamples.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { torchvision as torchvisionNames } from '../../../src/families/vit/names/torchvision.ts'
import { random } from '../../random.ts'
import { sharedF32, sharedF64, sharedJSON, sharedPath, sharedTest } from '../../shared.ts'
import { loadCheckpoint } from '../loading.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../models.ts'

const next = random(2)
const embedding = (prefix: number, [rows, columns]: Grid, width: number) =>
  Float32Array.from({ length: (prefix + rows * columns) * width }, () => next() - 0.5)

const rules = resamples

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.is(a.length, b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

test('prefix rows stay, equal grids stay, constants stay', () => {
  for (const rule of rules) {
    const values = embedding(2, [3, 5], 4)
    assert.equal(resizePosition(values, 2, 4, [3, 5], [3, 5], rule), values)
    const resized = resizePosition(values, 2, 4, [3, 5], [7, 2], rule)
    assert.is(resized.length, (2 + 14) * 4)
    assert.equal(resized.subarray(0, 8), values.subarray(0, 8))
    const constant = resizePosition(new Float32Array(27).fill(0.75), 0, 3, [3, 3], [8, 5], rule)
    assert.ok(largestDifference(constant, new Array(120).fill(0.75)) < 1e-6, rule)
  }
})

test('the official rule is linear between aligned corners', () => {
  // Row plus ten times column is reproduced exactly by anything linear.
  const plane = Float32Array.from({ length: 12 }, (_, i) => Math.floor(i / 4) + 10 * (i % 4))
  const resized = resizePosition(plane, 0, 1, [3, 4], [5, 7])
  const expected = Array.from({ length: 35 }, (_, i) => Math.floor(i / 7) / 2 + 5 * (i % 7))
  assert.equal([...resized], expected)
  assert.equal([...resizePosition(plane, 0, 1, [3, 4], [1, 1])], [0], 'one place: the first')
  assert.equal([...resizePosition(plane.subarray(0, 1), 0, 1, [1, 1], [2, 2])], [0, 0, 0, 0])
})

/** PyTorch's `interpolate(mode='bicubic', align_corners=True)` of `[rows, columns, 2]`. */
const torchvision: readonly (readonly [from: Grid, to: Grid, values: readonly number[]])[] = [
  [
    [3, 3],
    [5, 2],
    [
      0.60399997, 0.29800001, -0.62, -0.926, 0.67793749, 0.3719375, -0.5460625, -0.85206251,
      0.78600001, 0.47999999, -0.43799999, -0.74400002, 0.89406251, 0.58806249, -0.3299375,
      -0.6359375, 0.96799999, 0.662, -0.25600001, -0.56199998,
    ],
  ],
  [
    [4, 4],
    [1, 3],
    [0.60399997, 0.29800001, -0.5031875, -0.80918751, 0.78600001, 0.47999999],
  ],
  [
    [5, 3],
    [3, 3],
    [
      0.60399997, 0.29800001, -0.008, -0.31400001, -0.62, -0.926, 0.96799999, 0.662, 0.35600001,
      0.05, -0.25600001, -0.56199998, -0.68599999, -0.99199998, 0.72000003, 0.414, 0.108, -0.198,
    ],
  ],
]

test("torchvision's rule against PyTorch", () => {
  for (const [from, to, expected] of torchvision) {
    const count = from[0] * from[1] * 2
    const values = Float32Array.from({ length: count }, (_, i) => {
      return ((i * 7919 + 104729) % 1009) / 500 - 1
    })
    const found = resizePosition(values, 0, 2, from, to, 'torchvision')
    assert.ok(largestDifference(found, expected) < 1e-7, `${from} to ${to}`)
  }
})

test('each publisher’s names bring its rule, a file of ours brings its own, and the caller’s goes before', async () => {
  for (const publisher of [official, timm, torchvisionNames, huggingface]) {
    const bytes = await asSafetensors(tensorsOf(publisher, smallConfig))
    const file = await openCheckpoint(bytes)
    const imageSize = [20, 24] as const
    const plan = await planCheckpoint(file, { imageSize, heads: 2 })
    assert.is(plan.resample, publisher.name)
    const { values } = tensorsOf(publisher, smallConfig).find(({ shape }) => shape[1] === 10)!
    const rule = publisher.name as Resample
    const expected = resizePosition(values, 1, 8, [3, 3], [5, 6], rule)
    assert.equal((await loadCheckpoint(file, plan)).get('position'), expected)
    const converted = await collectBytes(
      encodeCheckpoint(file, await planCheckpoint(file, { heads: 2 }), { dtype: 'f32' }),
    )
    const own = await openCheckpoint(converted)
    const again = await planCheckpoint(own, { imageSize })
    assert.equal([again.publisher, again.resample], ['vitrine', publisher.name])
    assert.equal((await loadCheckpoint(own, again)).get('position'), expected)
    assert.is(
      (await planCheckpoint(own, { imageSize }, { resample: 'timm-npz' })).resample,
      'timm-npz',
    )
  }
})

interface Pair {
  old_grid: number
  new_grid: number
  has_class_token: boolean
  input: string
  output: string
  last_row_and_column_are_zero: boolean
}

const folder = 'golden/official/posembed-resize'

sharedTest('the official results; where SciPy leaves zeros, only they differ', () => {
  const { pairs } = sharedJSON<{ pairs: Pair[] }>(`${folder}/golden.json`)
  for (const pair of pairs) {
    const prefix = Number(pair.has_class_token)
    const [from, to] = [pair.old_grid, pair.new_grid]
    const input = sharedF32(`${folder}/${pair.input}`)
    const official = sharedF32(`${folder}/${pair.output}`)
    const width = input.length / (prefix + from * from)
    const ours = resizePosition(input, prefix, width, [from, from], [to, to])
    let zeros = 0
    for (let i = 0; i < ours.length; i++) {
      const place = Math.floor(i / width) - prefix
      const border = place >= 0 && (place % to === to - 1 || Math.floor(place / to) === to - 1)
      if (pair.last_row_and_column_are_zero && border) {
        assert.is(official[i], 0)
        zeros++
      } else assert.ok(Math.abs(ours[i]! - official[i]!) < 2.5e-7, `${pair.input} at ${i}`)
    }
    assert.is(zeros, pair.last_row_and_column_are_zero ? (2 * to - 1) * width : 0)
  }
})

sharedTest('the whole official path at other image sizes', async () => {
  const runs = [
    ['path-token-56', 'token', 56],
    ['path-token-21', 'token', 21],
    ['path-gap-45', 'gap', 45],
  ] as const
  for (const [run, checkpoint, size] of runs) {
    const file = await openCheckpoint(sharedPath(`golden/official/${checkpoint}/checkpoint.npz`))
    const plan = await planCheckpoint(file, { imageSize: [size, size] })
    const weights = await loadCheckpoint(file, plan)
    await file.close()
    const official = sharedF32(`${folder}/${run}/pos_embedding.f32le.bin`)
    assert.ok(largestDifference(weights.get('position')!, official) < 2.5e-7, run)
  }
})

sharedTest("timm's rules against timm", async () => {
  interface Case {
    name: string
    checkpoint: string
    architecture: { img_size: number | [number, number]; num_heads: number }
  }
  const { cases } = sharedJSON<{ cases: Case[] }>('golden/timm/golden.json')
  for (const [name, resample] of [
    ['vit_cls_resized', undefined],
    ['npz_classic_resized', 'timm-npz'],
  ] as const) {
    const { checkpoint, architecture } = cases.find((one) => one.name === name)!
    const size = [architecture.img_size].flat()
    const file = await openCheckpoint(sharedPath(`golden/timm/${checkpoint}`))
    const imageSize = [size[0]!, size.at(-1)!] as const
    const plan = await planCheckpoint(file, { imageSize, heads: 3 }, { resample })
    const weights = await loadCheckpoint(file, plan)
    await file.close()
    const golden = sharedF64(`golden/timm/${name}/pos_embed.f64le.bin`)
    assert.ok(largestDifference(weights.get('position')!, golden) < 1e-6, name)
  }
})

test.run()
