import { UnsupportedError } from '../../errors.ts'
import type { DualConfig } from '../dual/config.ts'
import { dualFamily } from '../dual/family.ts'
import type { Family } from '../family.ts'
import { huggingface, openClip, towerAlone } from './names.ts'
import { perception } from './perception.ts'

const clips = dualFamily({
  name: 'clip',
  publishers: [
    huggingface,
    towerAlone(huggingface, 'embeddings.class_embedding'),
    openClip,
    perception,
  ],
  patchesAreResizable: true,
  // OpenAI's use quick_gelu, most others the exact GELU: no tensor tells.
  unsaid: ({ publisher }) => (publisher.name === perception.name ? [] : ['activation']),
  configReaders: async () => (await import('./beside.ts')).clipReaders,
})

/** CLIP (Radford et al. 2021), OpenAI's and open_clip's, and Perception Encoder (Bolya et al. 2025). */
export const clip: Family<DualConfig> = {
  ...clips,
  infer(found, overrides, assumed) {
    if (found.publisher.name === perception.name && !found.tensor('class')) {
      throw new UnsupportedError(
        `${found.file.name} has a Perception Encoder without a class token (PE-Core-G14), which counts its grid from 0; it is not run.`,
      )
    }
    return clips.infer(found, overrides, assumed)
  },
}
