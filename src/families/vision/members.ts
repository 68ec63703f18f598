/** The families whose models are transformers over patches with the variations of `VisionConfig`: a folder for each. */
export const visionFamilies = [
  'timm_vit',
  'dinov2',
  'dinov3',
  'beit',
  'aimv2',
  'big_vision',
] as const

export type VisionFamilyName = (typeof visionFamilies)[number]
