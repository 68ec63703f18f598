import { readRecord } from '../../check-fields.ts'
import { findVariant } from '../find-variant.ts'
import type { PublishedFamily, PublishedVariant } from '../published-family.ts'
import { type MixerConfig, mixerFields } from './config.ts'

const sizes = {
  S: { width: 512, depth: 8, tokenMlpWidth: 256, mlpWidth: 2048 },
  B: { width: 768, depth: 12, tokenMlpWidth: 384, mlpWidth: 3072 },
  L: { width: 1024, depth: 24, tokenMlpWidth: 512, mlpWidth: 4096 },
} as const

/** A published MLP-Mixer. */
export interface MixerVariant extends PublishedVariant {
  readonly size: keyof typeof sizes
  /** Side of a patch, in pixels. */
  readonly patch: number
}

/**
 * The Mixers of google-research/vision_transformer: B and L from `vit_jax/configs/models.py`, with the parameter counts
 * of its `models_test.py`; S from table 1 of the paper, of which only weights are published.
 */
export const mixers: readonly MixerVariant[] = [
  { name: 'Mixer-S_32', size: 'S', patch: 32, parameters: 19_104_624 },
  { name: 'Mixer-S_16', size: 'S', patch: 16, parameters: 18_528_264 },
  { name: 'Mixer-S_8', size: 'S', patch: 8, parameters: 20_646_504 },
  { name: 'Mixer-B_32', size: 'B', patch: 32, parameters: 60_293_428 },
  { name: 'Mixer-B_16', size: 'B', patch: 16, parameters: 59_880_472 },
  { name: 'Mixer-L_16', size: 'L', patch: 16, parameters: 208_196_168 },
]

function structure(name: string) {
  const { size, patch } = findVariant(mixers, name)
  return { ...sizes[size], patchSize: [patch, patch] } satisfies Partial<MixerConfig>
}

export const mixerVariants: PublishedFamily<MixerConfig> = {
  name: 'mixer',
  variants: mixers,
  structure,
  variantConfig(name, overrides = {}) {
    readRecord('config', mixerFields, overrides)
    return {
      family: 'mixer',
      imageSize: [224, 224],
      channels: 3,
      padding: 'same',
      ...structure(name),
      classes: 1000,
      gelu: 'tanh',
      eps: 1e-6,
      ...overrides,
    }
  },
}
