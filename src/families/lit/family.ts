import type { Family } from '../family.ts'
import { fitsSize } from '../vit/layout.ts'
import { vitRecipe } from '../vit/recipe.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { inferLiT } from './infer.ts'
import { officialLiT } from './names.ts'
import { relatives } from './relatives.ts'
import { runnableLiT } from './runnable.ts'
import { foundImageTower } from './towers.ts'
import { litVariants } from './variants.ts'

/** Models of images and texts as LiT's: a plain ViT, and a BERT or a transformer for texts. */
export const lit: Family<LiTConfig> = {
  ...runnableLiT,
  ...litVariants,
  publishers: [officialLiT],
  patchesAreResizable: true,
  essential: ['position'],
  relatives,
  infer: inferLiT,
  unshown: { heads: 1, textHeads: 1, imageSize: [1, 1] },
  recipe: (config, found, assumed) => vitRecipe(imageTower(config), found, assumed),
  configReaders: async () => ({}),
  fitsSize: (size, config, found) => fitsSize(size, imageTower(config), foundImageTower(found)),
  tools: async () => (await import('./tools.ts')).litTools,
}
