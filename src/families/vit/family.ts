import type { Family } from '../family.ts'
import type { ViTConfig } from './config.ts'
import { inferConfig } from './infer.ts'
import { fitsSize } from './layout.ts'
import { huggingface } from './names/huggingface.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { torchvision } from './names/torchvision.ts'
import { vitRecipe } from './recipe.ts'
import { relatives } from './relatives.ts'
import { runnableViT } from './runnable.ts'
import { vitVariants } from './variants.ts'

/** The plain Vision Transformer, and DeiT. */
export const vit: Family<ViTConfig> = {
  ...runnableViT,
  ...vitVariants,
  publishers: [official, timm, torchvision, huggingface],
  patchesAreResizable: true,
  essential: ['position'],
  relatives,
  infer: inferConfig,
  unshown: { heads: 1, imageSize: [1, 1] },
  recipe: vitRecipe,
  configReaders: async () => (await import('./beside/readers.ts')).vitConfigReaders,
  fitsSize,
  tools: async () => (await import('./tools.ts')).vitTools,
}
