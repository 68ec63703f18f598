import { visionFamily } from '../vision/family.ts'
import { huggingface } from './names.ts'

/** DINOv3 (Siméoni et al. 2025). */
export const dinov3 = visionFamily({
  name: 'dinov3',
  publishers: [huggingface],
  essential: ['class', 'registers'],
  unsaid: () => ['activation', 'imageSize'],
  configReaders: async () => (await import('./beside.ts')).dinov3Readers,
})
