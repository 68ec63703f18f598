import { test } from 'uvu'
import type { HybridConfig } from '../../src/families/hybrid/config.ts'
import { sharedF32, sharedF64, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel, toNHWC } from './model.ts'

// What the official JAX code and timm compute from small random hybrids, in float64. The last image of each is nearly
// flat, so that the epsilon of the group norms shows.
const BOUND = 5e-5

interface Golden {
  config: {
    image_size: number
    resnet: { num_layers: number[] }
    transformer: { num_layers: number }
  }
  arrays: { file: string }[]
}

const official = ['hybrid-stem', 'hybrid-two-stages', 'hybrid-four-stages', 'groupnorm-1x1x1xC']

/** Our value for each of the official code. */
function valuesOf({ resnet: { num_layers: units }, transformer }: Golden['config']) {
  const stages = units.map((count, i) => [
    `stage_${i + 1}`,
    `stages.${i}.units.${count - 1}.conv3.norm`,
  ])
  const blocks = Array.from({ length: transformer.num_layers }, (_, i) => [
    `block_${i}`,
    `blocks.${i}.fc2`,
  ])
  return new Map([
    ['root', 'root.norm'],
    ['pool', 'root.pool'],
    ...(stages as [string, string][]),
    ['embedding', 'patch'],
    ['embedded', 'tokens'],
    ...(blocks as [string, string][]),
    ['encoder_norm', 'norm'],
    ['pre_logits', 'features'],
  ])
}

/** timm's files, and its `.npz` of the official names, which it computes with its own epsilons. */
const timm: { name: string; file: string; config: Partial<HybridConfig>; logits: string }[] = [
  { name: 'hybrid_r_stem', file: 'model.safetensors', config: { heads: 3 }, logits: 'logits' },
  { name: 'hybrid_resnet', file: 'model.safetensors', config: { heads: 3 }, logits: 'logits' },
  ...(['tanh', 'erf'] as const).map((gelu) => ({
    name: 'npz_hybrid_r_stem',
    file: 'model.npz',
    config: { gelu, groupEps: 1e-5, kernelEps: 1e-8, kernelEpsOn: 'variance' as const },
    logits: `logits_${gelu}`,
  })),
]

for (const backend of await allBackends()) {
  const on = `on ${backend.description.split(':')[0]}`

  for (const name of official) {
    sharedTest(`${name} ${on}`, async () => {
      const root = `golden/official/${name}`
      const { config, arrays } = sharedJSON<Golden>(`${root}/golden.json`)
      const side = config.image_size
      const model = await openModel(`${root}/checkpoint.npz`, backend, { imageSize: [side, side] })
      const pixels = sharedF32(`${root}/pixels.f32le.bin`)
      const { logits } = await model.run(pixels, ['logits'])
      assertWithin(logits!, sharedF64(`${root}/logits.f64le.bin`), BOUND, 'logits')

      const files = arrays.flatMap(({ file }) => /^image0\/(\w+)\./.exec(file)?.[1] ?? [])
      const values = valuesOf(config)
      const ours = files.map((file) => values.get(file)!)
      const found = await model.run(pixels.subarray(0, side * side * 3), ours)
      for (const [i, file] of files.entries()) {
        const expected = sharedF32(`${root}/image0/${file}.f32le.bin`)
        assertWithin(found[ours[i]!]!, expected, BOUND, file)
      }
    })
  }

  for (const { name, file, config, logits } of timm) {
    sharedTest(`timm ${name} ${logits} ${on}`, async () => {
      const root = `golden/timm/${name}`
      const model = await openModel(`${root}/${file}`, backend, config)
      const pixels = toNHWC(sharedF32(`${root}/pixels.f32le.bin`), model.config.imageSize)
      const found = await model.run(pixels, ['logits'])
      assertWithin(found.logits!, sharedF64(`${root}/${logits}.f64le.bin`), BOUND, logits)
      if (logits !== 'logits') return
      const more = { block0: 'blocks.0.fc2', tokens: 'norm', pooled: 'features' }
      const values = await model.run(pixels, Object.values(more))
      for (const [theirs, ours] of Object.entries(more)) {
        // Their first block's values reach thousands.
        const expected = sharedF64(`${root}/${theirs}.f64le.bin`)
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
        assertWithin(values[ours]!, expected, BOUND * largest, theirs)
      }
    })
  }
}

test.run()
