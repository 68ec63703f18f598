import type { Found } from '../../checkpoint/plan/found.ts'
import { towerAlone } from '../clip/names.ts'
import type { DualConfig } from '../dual/config.ts'
import { dualFamily } from '../dual/family.ts'
import type { Family } from '../family.ts'
import { naflexError } from './naflex.ts'
import { huggingface, openClip } from './names.ts'

const ofFixedSize = dualFamily({
  name: 'siglip',
  publishers: [huggingface, towerAlone(huggingface, 'embeddings.patch_embedding.weight'), openClip],
  unsaid: ['activation'],
  relatives: {
    inside: [],
    around: [[/(^|\.)embeddings\.class_embedding$/, 'a CLIP']],
  },
  configReaders: async () => (await import('./beside.ts')).siglipReaders,
})

/** SigLIP (Zhai et al. 2023), and SigLIP 2 (Tschannen et al. 2025) of a fixed size. */
export const siglip: Family<DualConfig> = {
  ...ofFixedSize,
  infer(found, overrides, assumed) {
    if (isNaflex(found)) throw naflexError(found.file.name)
    return ofFixedSize.infer(found, overrides, assumed)
  },
}

/** Its patches come flattened, so their kernel is a matrix. */
const isNaflex = (found: Found) => found.tensor('patch.kernel')?.shape.length === 2
