import { visionFamily } from '../vision/family.ts'
import { huggingface, meta } from './names.ts'

/** DINOv3 (Siméoni et al. 2025). */
export const dinov3 = visionFamily({
  name: 'dinov3',
  publishers: [huggingface, meta],
  essential: ['class', 'registers'],
  // It takes any size, and its files tell none.
  unsaid: ({ publisher }) =>
    publisher.name === meta.name ? ['imageSize'] : ['activation', 'imageSize'],
  relatives: {
    inside: [
      [/^cls_norm\./, 'a DINOv3 with a norm of its own for the class token'],
      [/\.attn\.wq\./, 'a Sapiens2, whose heads share keys and values'],
    ],
    around: [],
  },
  configReaders: async () => (await import('./beside.ts')).dinov3Readers,
})
