import { test } from 'uvu'
import { attentionRollout } from '../../src/model/rollout.ts'
import { sharedBytes, sharedF32, sharedF64, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel, toNHWC } from './model.ts'

// Softmax weights of timm models in float64, and their rollout.
const BOUND = 1e-5
const root = 'golden/attention'

/** All rows of the product. */
function wholeRollout(layers: Float32Array, shape: readonly [number, number, number]): number[] {
  return Array.from({ length: shape[2] }, (_, token) => {
    const from = new Float64Array(shape[2])
    from[token] = 1
    return [...attentionRollout(layers, shape, from)]
  }).flat()
}

const weightsOf = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `blocks.${i}.attention.weights`)

for (const backend of await allBackends()) {
  const on = `on ${backend.description.split(':')[0]}`

  sharedTest(`attention of a small model ${on}`, async () => {
    const model = await openModel(`${root}/small/model.safetensors`, backend, { heads: 3 })
    const pixels = toNHWC(sharedF32(`${root}/small/pixels.f32le.bin`), [32, 32])
    const maps = await model.run(pixels, weightsOf(2))
    const layers = Float32Array.from(weightsOf(2).flatMap((name) => [...maps[name]!]))
    assertWithin(layers, sharedF64(`${root}/small/attention.f64le.bin`), BOUND, 'attention')
    assertWithin(
      wholeRollout(layers, [2, 3, 17]),
      sharedF64(`${root}/small/rollout.f64le.bin`),
      BOUND,
      'rollout',
    )
  })

  sharedTest(`attention of the real Ti/16 ${on}`, async () => {
    const weights = 'data/weights/vit_tiny_patch16_224.timm.safetensors'
    const size = 224 * 224 * 3
    const bytes = sharedBytes('golden/vit-tiny-16/pixels_timm_crop248.u8.NHWC.bin')
    const pixels = Float32Array.from(
      bytes.subarray(9 * size, 10 * size),
      (x) => (x / 255 - 0.5) / 0.5,
    )
    const model = await openModel(weights, backend)
    const maps = await model.run(pixels, weightsOf(12))
    const layers = Float32Array.from(weightsOf(12).flatMap((name) => [...maps[name]!]))
    const tokens = 197
    const classRows = Float32Array.from({ length: 12 * 3 * tokens }, (_, i) => {
      return layers[Math.floor(i / tokens) * tokens * tokens + (i % tokens)]!
    })
    const at = `${root}/vit_tiny_16`
    assertWithin(classRows, sharedF64(`${at}/cls_rows.f64le.bin`), BOUND, 'rows of the class token')
    const layer = 3 * tokens * tokens
    assertWithin(
      layers.subarray(5 * layer, 6 * layer),
      sharedF32(`${at}/layer_map.f32le.bin`),
      BOUND,
      'layer 5',
    )
    const rollout = wholeRollout(layers, [12, 3, tokens])
    assertWithin(rollout, sharedF32(`${at}/rollout.f32le.bin`), BOUND, 'rollout')
  })
}

test.run()
