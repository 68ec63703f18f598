import type { Family } from '../family.ts'
import { vitArchitecture } from './architecture.ts'
import type { ViTConfig } from './config.ts'
import { inferConfig } from './infer.ts'
import { fitsSize, vitLayout } from './layout.ts'
import { huggingface } from './names/huggingface.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { torchvision } from './names/torchvision.ts'
import { vitRecipe } from './recipe.ts'
import { relatives } from './relatives.ts'
import { ViT } from './vit.ts'

/** The plain Vision Transformer, and DeiT. */
export const vit: Family<ViTConfig> = {
  ...vitArchitecture,
  title: 'plain ViTs and DeiTs',
  publishers: [official, timm, torchvision, huggingface],
  essential: ['position'],
  relatives,
  infer: inferConfig,
  unshown: { heads: 1, imageSize: [1, 1] },
  layout: vitLayout,
  recipe: vitRecipe,
  configReaders: async () => (await import('./beside/readers.ts')).vitConfigReaders,
  fitsSize,
  createRunner: (parts) => new ViT(parts),
  tools: async () => (await import('./tools.ts')).vitTools,
}
