import type { ModelConfig } from '../checkpoint/model-config.ts'
import { UnsupportedError } from '../errors.ts'
import { type Fields, show } from '../fields.ts'
import type { Program } from '../program/program.ts'
import type { Architecture } from './architecture.ts'
import { mergedFields } from './config-fields.ts'
import { findVariant } from './find-variant.ts'
import { publishedVariants } from './published.ts'
import { vitArchitecture } from './vit/architecture.ts'

/** What the families compute. `registry.ts` has the same families with all that files need. */
const all = [vitArchitecture] as const

export const architectures: readonly Architecture[] = all

type ConfigOf<A> = A extends Architecture<infer Config> ? Config : never

/** A config of any family; its `family` tells which. */
export type AnyConfig = ConfigOf<(typeof all)[number]>

/** @throws UnsupportedError naming a family that is not run here */
export function architectureOf({ family }: Pick<ModelConfig, 'family'>): Architecture {
  return byName(architectures, family)
}

/** @throws UnsupportedError naming a family that is not run here */
export function byName<A extends Architecture>(list: readonly A[], family: unknown): A {
  const found = list.find(({ name }) => name === family)
  if (found) return found
  const known = list.map(({ name }) => name).join(', ')
  throw new UnsupportedError(
    `There is no family ${show(family)} here, only ${known}; a newer version of this package may run it.`,
  )
}

/** The program of a config, whatever its family. */
export const programOf = (config: ModelConfig): Program => architectureOf(config).program(config)

/**
 * The architecture that has a published variant.
 * @throws ArgumentError for a name that is in no table
 */
export function architectureOfVariant(name: string): Architecture {
  const variant = findVariant(publishedVariants, name)
  return architectures.find(({ variants }) => variants.includes(variant))!
}

/** The config of a published variant, whatever its family. */
export const variantConfigOf = (name: string, overrides?: object) =>
  architectureOfVariant(name).variantConfig(name, overrides) as AnyConfig

/** The fields of all configs. */
export const configFields: Fields<object> = mergedFields(architectures.map(({ fields }) => fields))
