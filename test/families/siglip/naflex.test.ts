import { test } from 'uvu'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../../src/checkpoint/source/memory.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { describeCheckpoint } from '../../../src/families/describe.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { asSafetensors } from '../../checkpoint/models.ts'
import { sharedBytes, sharedTest } from '../../shared.ts'

// SigLIP 2 NaFlex has the names of a SigLIP of fixed size and is something else.

const tensor = (name: string, ...shape: number[]) => {
  const count = shape.reduce((product, side) => product * side, 1)
  return { name, dtype: 'f32' as const, shape, values: new Float32Array(count) }
}

const bytes = await asSafetensors([
  tensor('vision_model.embeddings.patch_embedding.weight', 8, 48),
  tensor('vision_model.embeddings.position_embedding.weight', 16, 8),
  tensor('vision_model.encoder.layers.0.layer_norm1.weight', 8),
  tensor('vision_model.head.probe', 1, 1, 8),
])

test('it is refused by its name, with and without its config.json', async () => {
  const file = await openCheckpoint(bytes)
  const message = /SigLIP 2 NaFlex \(Siglip2Model, Siglip2ImageProcessor\)/
  await rejects(planCheckpoint(file), UnsupportedError, message)
  for (const type of ['siglip2', 'siglip2_vision_model']) {
    const json = new TextEncoder().encode(JSON.stringify({ model_type: type }))
    const neighbours = {
      open: async (name: string) => (name === 'config.json' ? bytesSource(json, name) : undefined),
    }
    const described = describeCheckpoint(file, { neighbours }, {}, { notice: () => {} })
    await rejects(described, UnsupportedError, message)
  }
})

sharedTest('the golden model is refused', async () => {
  const root = 'golden/families/huggingface/siglip2_naflex'
  const file = await openCheckpoint(sharedBytes(`${root}/model.safetensors`))
  await rejects(planCheckpoint(file), UnsupportedError, /NaFlex/)
})

test.run()
