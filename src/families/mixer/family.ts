import type { Family } from '../family.ts'
import type { MixerConfig } from './config.ts'
import { inferMixer } from './infer.ts'
import { fitsSize } from './layout.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { mixerRecipe } from './recipe.ts'
import { relatives } from './relatives.ts'
import { runnableMixer } from './runnable.ts'
import { mixerVariants } from './variants.ts'

/** The MLP-Mixer. */
export const mixer: Family<MixerConfig> = {
  ...runnableMixer,
  ...mixerVariants,
  publishers: [official, timm],
  essential: ['stem.kernel', 'norm.scale'],
  relatives,
  infer: inferMixer,
  unshown: { imageSize: [1, 1] },
  recipe: mixerRecipe,
  configReaders: async () => (await import('./beside/readers.ts')).mixerConfigReaders,
  fitsSize,
  tools: async () => (await import('./tools.ts')).mixerTools,
}
