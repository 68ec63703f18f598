import { towerAlone } from '../clip/names.ts'
import { dualFamily } from '../dual/family.ts'
import { huggingface } from './names.ts'

/** SigLIP 2 NaFlex (Tschannen et al. 2025), whose images keep their aspect ratio. */
export const naflex = dualFamily({
  name: 'naflex',
  publishers: [huggingface, towerAlone(huggingface, 'embeddings.patch_embedding.weight')],
  unsaid: () => ['activation'],
  configReaders: async () => (await import('./beside.ts')).naflexReaders,
})
