import { towerAlone } from '../clip/names.ts'
import { dualFamily } from '../dual/family.ts'
import { huggingface, openClip } from './names.ts'

/** SigLIP (Zhai et al. 2023), and SigLIP 2 (Tschannen et al. 2025) of a fixed size. */
export const siglip = dualFamily({
  name: 'siglip',
  publishers: [huggingface, towerAlone(huggingface, 'embeddings.patch_embedding.weight'), openClip],
  patchesAreResizable: true,
  unsaid: () => ['activation'],
  relatives: {
    inside: [],
    around: [[/(^|\.)embeddings\.class_embedding$/, 'a CLIP']],
  },
  configReaders: async () => (await import('./beside.ts')).siglipReaders,
})
