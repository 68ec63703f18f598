import { visionFamily } from '../vision/family.ts'
import { huggingface, meta } from './names.ts'

/** DINOv2 (Oquab et al. 2024), with registers (Darcet et al. 2024) or without. */
export const dinov2 = visionFamily({
  name: 'dinov2',
  publishers: [huggingface, meta],
  essential: ['position'],
  configReaders: async () => (await import('./beside.ts')).dinov2Readers,
})
