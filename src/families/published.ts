import type { AnyConfig } from './architectures.ts'
import { findVariant } from './find-variant.ts'
import { hybridVariants } from './hybrid/variants.ts'
import { litVariants } from './lit/variants.ts'
import { mixerVariants } from './mixer/variants.ts'
import type { PublishedFamily, PublishedVariant } from './published-family.ts'
import { vitVariants } from './vit/variants.ts'

/** Every family that has published variants, without its program. */
const publishedFamilies: readonly PublishedFamily[] = [
  vitVariants,
  hybridVariants,
  mixerVariants,
  litVariants,
]

/** Every published variant of every family. */
export const publishedVariants: readonly PublishedVariant[] = publishedFamilies.flatMap(
  ({ variants }) => variants,
)

/**
 * The family that has a published variant.
 * @throws ArgumentError for a name that is in no table
 */
export function familyOfVariant(name: string): PublishedFamily {
  const variant = findVariant(publishedVariants, name)
  return publishedFamilies.find(({ variants }) => variants.includes(variant))!
}

/**
 * What a variant's name says of the config: its family and its sizes.
 * @throws ArgumentError for a name that is in no table
 */
export function structureOfVariant(name: string): Partial<AnyConfig> {
  const family = familyOfVariant(name)
  return { family: family.name, ...family.structure(name) } as Partial<AnyConfig>
}

/** The config of a published variant, whatever its family. */
export const variantConfigOf = (name: string, overrides?: object) =>
  familyOfVariant(name).variantConfig(name, overrides) as AnyConfig
