import { timm as timmVit } from '../timm-vit/names.ts'
import type { VisionPublisher } from '../vision/family.ts'
import type { VisionRow } from '../vision/names/own.ts'

/** timm's AIMv2. */
export const timm: VisionPublisher = {
  ...timmVit,
  tensors: [
    ...(timmVit.tensors as readonly VisionRow[]),
    ['patch_embed.norm.weight', 'patch_norm.scale', 'D'],
  ],
  defaults: { activation: 'silu', eps: 1e-5 },
}
