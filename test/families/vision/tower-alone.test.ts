import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { asSafetensors, type TensorToMake } from '../../checkpoint/models.ts'
import { sharedPath, sharedTest } from '../../shared.ts'

// transformers saved image towers with `vision_model.` before their names, and newer versions save them without.
for (const name of ['clip_gelu', 'siglip']) {
  sharedTest(`the image tower of ${name} by itself, under both names`, async () => {
    const whole = await openCheckpoint(
      sharedPath(`golden/families/huggingface/${name}/model.safetensors`),
    )
    const tensors: TensorToMake[] = []
    for (const [tensor, info] of whole.tensors) {
      if (!/^vis(ion_model|ual_projection)\./.test(tensor)) continue
      const values: number[] = []
      for await (const block of whole.read(tensor)) values.push(...block)
      tensors.push({ ...info, values: Float32Array.from(values) })
    }
    await whole.close()
    const found = []
    for (const scope of ['vision_model.', '']) {
      const renamed = tensors.map((tensor) => ({
        ...tensor,
        name: tensor.name.replace('vision_model.', scope),
      }))
      const file = await openCheckpoint(await asSafetensors(renamed))
      const plan = await planCheckpoint(file, { activation: 'gelu_erf', heads: 1 })
      found.push({ config: plan.config, weights: await loadCheckpoint(file, plan) })
    }
    assert.equal(found[1], found[0])
  })
}

test.run()
