import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { FormatError } from '../../src/errors.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { rejects } from '../checkpoint/collect.ts'
import { sharedF32, sharedJSON, sharedPath, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel } from './model.ts'

// Files as people have them, and timm's logits. The files are f16, the logits of the f32 weights.
const BOUND = 1e-3

const files: Record<string, Partial<ViTConfig>> = {
  'orig_mod_prefix/pfx__orig_mod': {},
  'extra_tensors/extra_i64': {},
  'replaced_head/timm_seqhead': {},
  'no_embed_class/timm_noembedclass': { imageSize: [32, 32] },
}

sharedTest('wrapped models, counters, replaced heads, positions for patches only', async () => {
  // All were made with these pixels, [32, 32, 3].
  const pixels = sharedF32('cases/no_embed_class/timm_noembedclass.in')
  for (const backend of await allBackends()) {
    for (const [name, config] of Object.entries(files)) {
      const { rightLogits } = sharedJSON<{ rightLogits: number[] }>(`cases/${name}.right.json`)
      const model = await openModel(`cases/${name}.safetensors`, backend, config)
      const { logits } = await model.run(pixels, ['logits'])
      assertWithin(logits!, rightLogits, BOUND, name)
    }
  }
})

sharedTest('what is beside the weights is said', async () => {
  const file = await openCheckpoint(sharedPath('cases/extra_tensors/extra_i64.safetensors'))
  const { ignored } = await planCheckpoint(file, { heads: 4 })
  assert.equal([...ignored].sort(), ['epoch', 'num_batches_tracked'])
  await file.close()
})

sharedTest('a file of torch.save is called so, with the line that converts it', async () => {
  const path = sharedPath('cases/pth_zip_message/model.pth')
  const { message } = await rejects(openCheckpoint(path), FormatError, /a PyTorch file/)
  assert.match(message, /torch\.load\(".*model\.pth".*".*model\.safetensors"\)$/m)
})

test.run()
