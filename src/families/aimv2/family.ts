import { visionFamily } from '../vision/family.ts'
import { apple, huggingface, timm } from './names.ts'

/** AIMv2 (Fini et al. 2024). Its heads are 128 wide. */
export const aimv2 = visionFamily({
  name: 'aimv2',
  publishers: [timm, huggingface, apple],
  essential: ['patch_norm.scale', 'position'],
  unsaid: () => ['heads'],
  relatives: {
    inside: [
      [/^head\.(cls_token|k_proj\.|k\.|query)/, 'an AIMv2 that pools by attention (LiT)'],
      [/^text_(model|encoder)\./, 'an AIMv2 with a text tower (LiT)'],
    ],
    around: [
      [/(^|\.)(text_model\.|text_encoder\.|image_encoder\.)/, 'an AIMv2 with a text tower (LiT)'],
    ],
  },
  configReaders: async () => (await import('./beside.ts')).aimv2Readers,
})
