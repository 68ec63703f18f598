import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { AnyConfig } from './architectures.ts'
import { findVariant } from './find-variant.ts'
import { vitVariants } from './vit/variants.ts'

/** A published variant of a family. Parameters are counted at 1,000 classes and 224 px. */
export interface PublishedVariant {
  readonly name: string
  readonly parameters: number
}

/** The published variants of a family. */
export interface PublishedFamily<Config extends ModelConfig = ModelConfig> {
  /** The `family` of its configs. */
  readonly name: Config['family']
  readonly variants: readonly PublishedVariant[]
  /** What a variant's name alone says: its sizes. */
  structure(name: string): Partial<Config>
  /** The whole config of a variant: 224 px and 1,000 classes unless overridden. */
  variantConfig(name: string, overrides?: Partial<Config>): Config
}

/** Every family that has published variants, without its program. */
const publishedFamilies: readonly PublishedFamily[] = [vitVariants]

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
