import { test } from 'uvu'
import { sharedF32, sharedF64, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel } from './model.ts'

// What the official JAX code computes from small random checkpoints, in float64.
const BOUND = 5e-5
const root = 'golden/official'

interface Golden {
  config: {
    classifier: 'token' | 'gap' | 'unpooled' | 'token_unpooled'
    image_size: number
    transformer: { num_layers: number }
  }
  arrays: { file: string }[]
  edge?: { image_size: number }
}

const cases = ['token', 'token-prelogits', 'gap', 'token-unpooled', 'unpooled', 'prelinen-names']

for (const backend of await allBackends()) {
  for (const name of cases) {
    sharedTest(`${name} on ${backend.description.split(':')[0]}`, async () => {
      const golden = sharedJSON<Golden>(`${root}/${name}/golden.json`)
      const { classifier, transformer } = golden.config
      const path = `${root}/${name}/checkpoint.npz`
      const model = await openModel(path, backend, { classifier })
      const pixels = sharedF32(`${root}/${name}/pixels.f32le.bin`)
      const { logits } = await model.run(pixels, ['logits'])
      assertWithin(logits!, sharedF64(`${root}/${name}/logits.f64le.bin`), BOUND, 'logits')

      if (golden.arrays.some(({ file }) => file.startsWith('image0/'))) {
        const values = {
          patch: 'embedding',
          tokens: 'embedded',
          norm: 'encoder_norm',
          features: 'pre_logits',
          ...Object.fromEntries(
            Array.from({ length: transformer.num_layers }, (_, i) => [
              `blocks.${i}.fc2`,
              `block_${i}`,
            ]),
          ),
        }
        const size = model.config.imageSize[0] * model.config.imageSize[1] * 3
        const found = await model.run(pixels.subarray(0, size), Object.keys(values))
        for (const [value, file] of Object.entries(values)) {
          assertWithin(
            found[value]!,
            sharedF32(`${root}/${name}/image0/${file}.f32le.bin`),
            BOUND,
            file,
          )
        }
      }

      if (golden.edge) {
        const side = golden.edge.image_size
        const edge = await openModel(path, backend, { classifier, imageSize: [side, side] })
        const found = await edge.run(sharedF32(`${root}/${name}/edge/pixels.f32le.bin`), ['logits'])
        assertWithin(
          found.logits!,
          sharedF64(`${root}/${name}/edge/logits.f64le.bin`),
          BOUND,
          'edge',
        )
      }
    })
  }

  sharedTest(`other image sizes on ${backend.description.split(':')[0]}`, async () => {
    for (const [folder, checkpoint, side] of [
      ['path-token-21', 'token', 21],
      ['path-token-56', 'token', 56],
      ['path-gap-45', 'gap', 45],
    ] as const) {
      const classifier = checkpoint === 'gap' ? 'gap' : 'token'
      const model = await openModel(`${root}/${checkpoint}/checkpoint.npz`, backend, {
        classifier,
        imageSize: [side, side],
      })
      const at = `${root}/posembed-resize/${folder}`
      const { logits } = await model.run(sharedF32(`${at}/pixels.f32le.bin`), ['logits'])
      assertWithin(logits!, sharedF64(`${at}/logits.f64le.bin`), BOUND, folder)
    }
  })
}

test.run()
