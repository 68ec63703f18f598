import type { Found } from '../../checkpoint/plan/found.ts'
import { sizesIn } from '../../checkpoint/plan/sizes.ts'
import type { VisionConfig } from '../vision/config.ts'
import { visionFamily } from '../vision/family.ts'
import { timm } from './names.ts'
import { relatives } from './relatives.ts'

/**
 * timm's relatives of the plain ViT: DeiT 3, sbb, so150m, DINOv2, SigLIP and CLIP image towers (its
 * `VisionTransformer`), EVA-02, DINOv3, Perception Encoder (its `Eva`).
 */
export const timmVit = visionFamily({
  name: 'timm_vit',
  publishers: [timm],
  essential: [],
  relatives,
  unsaid,
  configReaders: async () => (await import('./beside.ts')).timmVitReaders,
})

/** Which models have which activation, rotations and epsilon, tensors don't show. */
function unsaid(found: Found): readonly (keyof VisionConfig)[] {
  const { present } = sizesIn(found)
  // EVA-02, DINOv3, Perception Encoder, CLIP.
  if (!present.has('position') || present.has('query.bias') || present.has('norm_pre.scale')) {
    const hasPool = present.has('map.probe')
    return ['activation', 'eps', 'rope', ...(hasPool ? (['mapHeads'] as const) : [])]
  }
  return present.has('map.probe') ? ['activation'] : []
}
