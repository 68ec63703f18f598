import type { Runnable } from '../runnable.ts'
import { vitArchitecture } from './architecture.ts'
import type { ViTConfig } from './config.ts'
import { vitLayout } from './layout.ts'
import { timm } from './names/timm.ts'
import { ViT } from './vit.ts'

export const runnableViT: Runnable<ViTConfig> = {
  ...vitArchitecture,
  ownNames: timm,
  layout: vitLayout,
  createRunner: (parts) => new ViT(parts),
}
