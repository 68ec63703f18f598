import { test } from 'uvu'
import { sharedF32, sharedF64, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel, toNHWC } from './model.ts'

// What the official JAX code and timm compute from small random Mixers, in float64.
const BOUND = 5e-5
const official = 'golden/official/mixer'
const timm = 'golden/timm/mixer'

const blocks = Array.from({ length: 3 }, (_, i) => `blocks.${i}.channel_mixing.fc2`)

for (const backend of await allBackends()) {
  const on = `on ${backend.description.split(':')[0]}`

  sharedTest(`official mixer ${on}`, async () => {
    const model = await openModel(`${official}/checkpoint.npz`, backend)
    const pixels = sharedF32(`${official}/pixels.f32le.bin`)
    const { logits } = await model.run(pixels, ['logits'])
    assertWithin(logits!, sharedF64(`${official}/logits.f64le.bin`), BOUND, 'logits')
    const values = {
      stem: 'stem',
      ...Object.fromEntries(blocks.map((value, i) => [`block_${i}`, value])),
      pre_head_layer_norm: 'norm',
      pre_logits: 'features',
    }
    const found = await model.run(pixels.subarray(0, 30 * 30 * 3), Object.values(values))
    for (const [theirs, ours] of Object.entries(values)) {
      assertWithin(found[ours]!, sharedF32(`${official}/image0/${theirs}.f32le.bin`), BOUND, theirs)
    }
  })

  sharedTest(`official mixer, an image whose sides are padded, ${on}`, async () => {
    const model = await openModel(`${official}/checkpoint.npz`, backend, { imageSize: [27, 27] })
    const { logits } = await model.run(sharedF32(`${official}/edge/pixels.f32le.bin`), ['logits'])
    assertWithin(logits!, sharedF64(`${official}/edge/logits.f64le.bin`), BOUND, 'edge')
  })

  sharedTest(`timm mixer ${on}`, async () => {
    const model = await openModel(`${timm}/model.safetensors`, backend)
    const pixels = toNHWC(sharedF32(`${timm}/pixels.f32le.bin`), model.config.imageSize)
    const values = { logits: 'logits', block0: blocks[0]!, tokens: 'norm', pooled: 'features' }
    const found = await model.run(pixels, Object.values(values))
    for (const [theirs, ours] of Object.entries(values)) {
      assertWithin(found[ours]!, sharedF64(`${timm}/${theirs}.f64le.bin`), BOUND, theirs)
    }
  })
}

test.run()
