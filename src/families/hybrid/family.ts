import type { Family } from '../family.ts'
import { vitRecipe } from '../vit/recipe.ts'
import type { HybridConfig } from './config.ts'
import { inferHybrid } from './infer.ts'
import { fitsSize } from './layout.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { relatives } from './relatives.ts'
import { runnableHybrid } from './runnable.ts'
import { hybridVariants } from './variants.ts'

/** A Vision Transformer over the features of a ResNet. */
export const hybrid: Family<HybridConfig> = {
  ...runnableHybrid,
  ...hybridVariants,
  publishers: [official, timm],
  essential: ['position', 'root.kernel'],
  relatives,
  infer: inferHybrid,
  unshown: { heads: 1, imageSize: [1, 1] },
  recipe: vitRecipe,
  configReaders: async () => (await import('./beside/readers.ts')).hybridConfigReaders,
  fitsSize,
  tools: async () => (await import('./tools.ts')).hybridTools,
}
