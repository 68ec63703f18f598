import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes, writeSafetensors } from '../../../src/checkpoint/write/safetensors.ts'
import {
  ArgumentError,
  CheckpointError,
  FormatError,
  UnsupportedError,
} from '../../../src/errors.ts'
import type { AnyConfig } from '../../../src/families/architectures.ts'
import { huggingface as beit } from '../../../src/families/beit/names.ts'
import { huggingface as clip } from '../../../src/families/clip/names.ts'
import { huggingface as dinov2 } from '../../../src/families/dinov2/names.ts'
import { type CheckpointPlan, planCheckpoint } from '../../../src/families/plan.ts'
import { openClip as siglip } from '../../../src/families/siglip/names.ts'
import { timm } from '../../../src/families/timm-vit/names.ts'
import { visionProgram } from '../../../src/families/vision/program.ts'
import { visionTargets } from '../../../src/families/vision/targets.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { asSafetensors, renamed, type TensorToMake } from '../../checkpoint/models.ts'
import { dualTensors, visionTensors } from './foreign.ts'
import { smallDual, smallVision, variations } from './variations.ts'

// Files of these families that are damaged, contradict themselves, or have other names and types.

const plan = async (
  tensors: readonly TensorToMake[],
  config: object = { heads: 2, imageSize: [12, 16] },
): Promise<CheckpointPlan> =>
  planCheckpoint(await openCheckpoint(await asSafetensors(tensors)), config as Partial<AnyConfig>)

const scaled = { ...smallVision, family: 'dinov2', layerScale: true, registers: 3 } as const
const of = (config: object) => visionTensors(dinov2, { ...scaled, ...config })

/** The same tensors, one of them of another shape. */
const reshaped = (tensors: readonly TensorToMake[], name: string, shape: readonly number[]) =>
  tensors.map((tensor) => {
    if (tensor.name !== name) return tensor
    const count = shape.reduce((product, side) => product * side, 1)
    return { ...tensor, shape, values: new Float32Array(count) }
  })

const without = (tensors: readonly TensorToMake[], name: string | RegExp) =>
  tensors.filter((tensor) => !tensor.name.match(name))

test('LayerScale: factors that lack, or are of another length', async () => {
  const tensors = of({})
  await plan(tensors)
  const gamma = 'encoder.layer.1.layer_scale2.lambda1'
  await rejects(plan(without(tensors, gamma)), CheckpointError, /missing .*layer\.1\.layer_scale2/)
  const short = await rejects(plan(reshaped(tensors, gamma, [15])), CheckpointError, /misshapen/)
  assert.match(short.message, /layer_scale2\.lambda1: \[15\], expected \[16\]/)
  const first = 'encoder.layer.0.layer_scale1.lambda1'
  await rejects(plan(without(tensors, first)), CheckpointError, /layer_scale1/)
})

test('LayerScale: a file that ends within its factors', async () => {
  const bytes = await asSafetensors(visionTensors(timm, { ...smallVision, layerScale: true }))
  await rejects(openCheckpoint(bytes.slice(0, bytes.length - 8)), FormatError)
})

test('registers and positions that contradict each other', async () => {
  const tensors = of({})
  await rejects(plan(tensors, { heads: 2, imageSize: [12, 16], registers: 4 }), CheckpointError)
  const positions = 'embeddings.position_embeddings'
  // 12 patches, with or without a class token and 3 registers.
  for (const rows of [14, 18]) {
    await rejects(
      plan(reshaped(tensors, positions, [1, rows, 16])),
      CheckpointError,
      /position_embeddings.*does not tell its grid/,
    )
  }
})

test('tables of relative positions of another grid, and of registers', async () => {
  const relative = { ...smallVision, ...variations['relative positions']! }
  const tensors = visionTensors(beit, relative)
  await plan(tensors)
  const other = { heads: 2, imageSize: [16, 16] }
  await rejects(plan(tensors, other), CheckpointError, /another grid than 4 x 4/)
  assert.throws(
    () => visionProgram({ ...relative, registers: 1 }),
    /Relative positions need a class token and no registers/,
  )
})

test('a text tower that lacks blocks or its projection', async () => {
  const tensors = dualTensors(clip, smallDual)
  const told = { heads: 2, textHeads: 2, imageSize: [12, 16], activation: 'gelu_erf', eps: 1e-5 }
  assert.is(((await plan(tensors, told)).config as typeof smallDual).textDepth, 3)
  const second = /^text_model\.encoder\.layers\.1\./
  await rejects(plan(without(tensors, second), told), CheckpointError, /text_model.*layers\.1\./)
  const projection = /^text_projection/
  await rejects(plan(without(tensors, projection), told), CheckpointError, /text_projection/)
  // An image tower alone is a model.
  const images = without(tensors, /^text_|^logit/)
  assert.is(((await plan(images, told)).config as typeof smallDual).textDepth, 0)
})

test('heads are not invented where widths have several', async () => {
  await rejects(plan(of({}), { imageSize: [12, 16] }), ArgumentError, /config\.heads/)
  const told = { heads: 2, imageSize: [12, 16], activation: 'gelu_erf', eps: 1e-5 }
  await rejects(plan(dualTensors(clip, smallDual), told), ArgumentError, /config\.textHeads/)
})

test('names after timm_model., visual.trunk. and others', async () => {
  const tensors = visionTensors(timm, { ...smallVision, layerScale: true, registers: 2 })
  const expected = await weightsOf(tensors)
  for (const prefix of ['timm_model.', 'model.backbone.', 'module.']) {
    const found = await weightsOf(renamed(tensors, (name) => prefix + name))
    assert.equal(found, expected, prefix)
  }
  const pooled = { ...smallDual, ...variations['attention pool']!, family: 'siglip' } as const
  const trunk = {
    ...pooled,
    finalNorm: 'tokens',
    projection: 0,
    embedding: 16,
    textDepth: 0,
    classes: 0,
  } as const
  const { prefix, config } = await plan(dualTensors(siglip, trunk), {
    heads: 2,
    imageSize: [12, 16],
    activation: 'gelu_erf',
  })
  assert.equal([prefix, config.family], ['', 'siglip'])
})

async function weightsOf(tensors: readonly TensorToMake[]) {
  const bytes = await asSafetensors(tensors)
  const file = await openCheckpoint(bytes)
  const found = await planCheckpoint(file, { heads: 2, imageSize: [12, 16] })
  return loadCheckpoint(file, found)
}

/** The upper half of a float32, and its value. */
function bfloat16(value: number): readonly [bits: number, value: number] {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  const bits = view.getUint16(0)
  view.setUint32(0, bits << 16)
  return [bits, view.getFloat32(0)]
}

/** Binary16 of values that it holds exactly: multiples of 1/256 below 1. */
function float16(value: number): number {
  const magnitude = Math.abs(value)
  const sign = value < 0 ? 0x8000 : 0
  if (magnitude === 0) return sign
  const exponent = Math.floor(Math.log2(magnitude))
  return sign | ((exponent + 15) << 10) | Math.round((magnitude / 2 ** exponent - 1) * 1024)
}

test('F16 and BF16: the weights are those of the same values in F32', async () => {
  const tensors = visionTensors(timm, { ...smallVision, layerScale: true, registers: 2 })
  for (const type of ['f16', 'bf16'] as const) {
    const halves = tensors.map(({ name, shape, values }) => {
      const rounded = values.map((value) =>
        type === 'bf16' ? bfloat16(value)[1] : Math.round(value * 256) / 256,
      )
      const bits = Uint16Array.from(rounded, (value) =>
        type === 'bf16' ? bfloat16(value)[0] : float16(value),
      )
      return { name, shape, rounded, bits }
    })
    const bytes = await collectBytes(
      writeSafetensors(
        halves.map(({ name, shape, bits }) => ({
          name,
          shape,
          dtype: type,
          data: () => new Uint8Array(bits.buffer),
        })),
      ),
    )
    const file = await openCheckpoint(bytes)
    const found = await planCheckpoint(file, { heads: 2, imageSize: [12, 16] })
    const same = halves.map(({ name, shape, rounded }): TensorToMake => {
      return { name, shape, dtype: 'f32', values: rounded }
    })
    assert.equal(await loadCheckpoint(file, found), await weightsOf(same), type)
  }
})

test('files of ours: names of the release are refused, a family that does not fit is too', async () => {
  const config = { ...smallVision, layerScale: true }
  const tensors = visionTensors(timm, config)
  const bytes = await asSafetensors(tensors, ownMetadata({ config, recipe: 'timm' }))
  const file = await openCheckpoint(bytes)
  assert.equal((await planCheckpoint(file)).config, config)
  const wrong = { ...config, registers: 2 }
  const other = await asSafetensors(tensors, ownMetadata({ config: wrong, recipe: 'timm' }))
  await rejects(
    openCheckpoint(other).then((file) => planCheckpoint(file)),
    CheckpointError,
    /reg_token/,
  )
  assert.throws(
    () => visionTargets(config, 'official'),
    (error: Error) =>
      error instanceof UnsupportedError && /no models of the family/.test(error.message),
  )
})

test.run()
