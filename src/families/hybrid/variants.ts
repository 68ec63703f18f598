import { readRecord } from '../../check-fields.ts'
import { findVariant } from '../find-variant.ts'
import type { PublishedFamily, PublishedVariant } from '../published-family.ts'
import { sizes } from '../vit/variants.ts'
import { type HybridConfig, hybridFields } from './config.ts'

/** A published hybrid. */
export interface HybridVariant extends PublishedVariant {
  /** That of its transformer. */
  readonly size: 'Ti' | 'S' | 'B' | 'L'
  readonly units: readonly number[]
  /** Side of a patch, in positions of the features. */
  readonly patch: number
}

/**
 * The hybrids of google-research/vision_transformer (`vit_jax/configs/models.py`), with the parameter counts of its
 * `models_test.py`. The last number of a name is meant to be the pixels of a patch's side; the stem of R+ViT-Ti_16
 * leaves a quarter of them, so that its patches are 32 pixels wide.
 */
export const hybrids: readonly HybridVariant[] = [
  { name: 'R+ViT-Ti_16', size: 'Ti', units: [], patch: 8, parameters: 6_337_704 },
  { name: 'R26+ViT-S_32', size: 'S', units: [2, 2, 2, 2], patch: 1, parameters: 36_431_912 },
  { name: 'R26+ViT-B_32', size: 'B', units: [2, 2, 2, 2], patch: 1, parameters: 101_383_976 },
  { name: 'R50+ViT-B_16', size: 'B', units: [3, 4, 9], patch: 1, parameters: 98_659_112 },
  { name: 'R50+ViT-L_32', size: 'L', units: [3, 4, 6, 3], patch: 1, parameters: 328_994_856 },
]

function structure(name: string) {
  const { size, units, patch } = findVariant(hybrids, name)
  return {
    ...sizes[size],
    patchSize: [patch, patch],
    units,
    stemWidth: 64,
    classifier: 'token',
    classToken: true,
  } satisfies Partial<HybridConfig>
}

export const hybridVariants: PublishedFamily<HybridConfig> = {
  name: 'hybrid',
  variants: hybrids,
  structure,
  variantConfig(name, overrides = {}) {
    readRecord('config', hybridFields, overrides)
    return {
      family: 'hybrid',
      imageSize: [224, 224],
      channels: 3,
      ...structure(name),
      distilled: false,
      representation: 0,
      classes: 1000,
      gelu: 'tanh',
      eps: 1e-6,
      qkvBias: true,
      normAfterPool: false,
      groups: 32,
      groupEps: 1e-6,
      kernelEps: 1e-5,
      kernelEpsOn: 'deviation',
      ...overrides,
    }
  },
}
