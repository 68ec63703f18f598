import { test } from 'uvu'
import { readTarget } from '../../src/checkpoint/write/target.ts'
import { familyOf } from '../../src/families/registry.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { sharedF32, sharedF64, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel, planGolden, toNHWC } from './model.ts'

// A FlexiViT whose patches are resized, as timm loads it.

interface Case {
  name: string
  checkpoint: string
  config: string
  architecture: { model_args: { img_size: number; patch_size: number } }
  inputs: { pixels: { file: string } }
  outputs: Record<string, { float32: { file: string }; float64: { file: string }; bound: number }>
}

const root = 'golden/families/timm'
const values = {
  block0: 'blocks.0.fc2',
  tokens: 'norm',
  pooled: 'features',
  logits: 'logits',
} as const

function wishes(name: string) {
  const found = sharedJSON<{ cases: Case[] }>(`${root}/golden.json`).cases.find(
    (one) => one.name === name,
  )!
  const { img_size: side, patch_size: patch } = found.architecture.model_args
  const patchSize = [patch, patch] as const
  const config: Partial<ViTConfig> = { imageSize: [side, side], patchSize }
  return { found, config, options: { patchSize }, path: `${root}/${found.checkpoint}` }
}

for (const name of ['flexivit_patch12', 'flexivit_patch4']) {
  sharedTest(`${name}: the tensors of a file that is written`, async () => {
    const { found, config, options, path } = wishes(name)
    const { file, plan } = await planGolden(path, config, options, `${root}/${found.config}`)
    const { targets } = await (await familyOf(plan.config)).tools()
    const tensors = { patch_weight: 'patch_embed.proj.weight', pos_embed: 'pos_embed' }
    for (const [theirs, tensor] of Object.entries(tensors)) {
      const target = targets(plan.config, 'own').find(({ name }) => name === tensor)!
      const written = await readTarget(file, plan, target, {})
      const { float32, bound } = found.outputs[theirs]!
      const expected = sharedF32(`${root}/${float32.file}`)
      // Our position embedding has a row of zeros for the class token.
      assertWithin(written.subarray(written.length - expected.length), expected, bound, theirs)
    }
    await file.close()
  })

  for (const backend of await allBackends()) {
    sharedTest(`${name} on ${backend.description.split(':')[0]}`, async () => {
      const { found, config, options, path } = wishes(name)
      const model = await openModel(path, backend, config, options, `${root}/${found.config}`)
      const pixels = toNHWC(
        sharedF32(`${root}/${found.inputs.pixels.file}`),
        model.config.imageSize,
      )
      const outputs = await model.run(pixels, Object.values(values))
      for (const [theirs, ours] of Object.entries(values)) {
        const { float64, bound } = found.outputs[theirs]!
        assertWithin(outputs[ours]!, sharedF64(`${root}/${float64.file}`), bound, theirs)
      }
    })
  }
}

test.run()
