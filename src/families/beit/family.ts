import { visionFamily } from '../vision/family.ts'
import { huggingface, timm } from './names.ts'

/** BEiT (Bao et al. 2022) and BEiT v2 (Peng et al. 2022). */
export const beit = visionFamily({
  name: 'beit',
  publishers: [timm, huggingface],
  essential: ['class'],
  configReaders: async () => (await import('./beside.ts')).beitReaders,
})
