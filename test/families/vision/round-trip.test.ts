import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import type { AnyConfig } from '../../../src/families/architectures.ts'
import { planOwn } from '../../../src/families/own-plan.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { asSafetensors, randomTensors } from '../../checkpoint/models.ts'
import { checkRoundTrip } from '../../checkpoint/round-trip.ts'
import { planGolden } from '../../goldens/model.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'
import { smallDual, smallNaflex, smallSiglip, smallVision, variations } from './variations.ts'

// convert -> load -> convert gives the same values, and the model the same weights, for every variation.

const configs: readonly (readonly [name: string, config: AnyConfig])[] = [
  ...Object.entries(variations).map(
    ([name, variation]) => [name, { ...smallVision, ...variation }] as const,
  ),
  ['CLIP', smallDual],
  ['SigLIP', smallSiglip],
  ['SigLIP 2 NaFlex', smallNaflex],
]

for (const [name, config] of configs) {
  test(`a file of ours: ${name}`, async () => {
    const bytes = await asSafetensors(
      await randomTensors(config, 'own'),
      ownMetadata({ config, recipe: 'timm' }),
    )
    const file = await openCheckpoint(bytes)
    const plan = (await planOwn(file, {}, {}))!
    assert.equal(plan.config, config)
    const { ignored: _, ...others } = await planCheckpoint(file)
    assert.equal(others.config, config)
    const written = await checkRoundTrip(file, plan)
    // The very tensors that the file had.
    assert.equal([...written.tensors.keys()].sort(), [...file.tensors.keys()].sort())
    for (const tensor of file.tensors.keys()) {
      for await (const block of file.read(tensor)) {
        const values = Float32Array.from(block)
        const again: number[] = []
        for await (const part of written.read(tensor)) again.push(...part)
        assert.equal(Float32Array.from(again), values, tensor)
      }
    }
  })
}

interface Golden {
  cases: {
    name: string
    checkpoint: string
    config?: string
    inputs: Record<string, { shape: number[] }>
  }[]
}

for (const library of ['timm', 'huggingface', 'openclip']) {
  sharedTest(`files of ${library}`, async () => {
    const root = `golden/families/${library}`
    for (const { name, checkpoint, config, inputs } of sharedJSON<Golden>(`${root}/golden.json`)
      .cases) {
      if (name.startsWith('flexivit_')) continue
      const shape = (inputs.pixels ?? inputs.pixel_values)!.shape
      // The patches of a NaFlex are a list, and not an image.
      const imageSize = shape.length === 4 ? ([shape[2]!, shape[3]!] as const) : undefined
      const { file, plan } = await planGolden(
        `${root}/${checkpoint}`,
        imageSize && { imageSize },
        {},
        config && `${root}/${config}`,
      )
      await checkRoundTrip(file, plan)
      await file.close()
    }
  })
}

test.run()
