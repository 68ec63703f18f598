import { dualFamily } from '../dual/family.ts'
import { huggingface, openClip, towerAlone } from './names.ts'

/** CLIP (Radford et al. 2021), OpenAI's and open_clip's. */
export const clip = dualFamily({
  name: 'clip',
  publishers: [huggingface, towerAlone(huggingface, 'embeddings.class_embedding'), openClip],
  patchesAreResizable: true,
  // OpenAI's use quick_gelu, most others the exact GELU: no tensor tells.
  unsaid: ['activation'],
  configReaders: async () => (await import('./beside.ts')).clipReaders,
})
