import type { ModelConfig } from '../checkpoint/model-config.ts'
import { UnsupportedError } from '../errors.ts'
import type { Fields } from '../fields.ts'
import type { Program } from '../program/program.ts'
import { show } from '../show.ts'
import type { Architecture } from './architecture.ts'
import { mergedFields } from './config-fields.ts'
import { dualArchitecture } from './dual/architecture.ts'
import { dualFamilies } from './dual/members.ts'
import { hybridArchitecture } from './hybrid/architecture.ts'
import { litArchitecture } from './lit/architecture.ts'
import { mixerArchitecture } from './mixer/architecture.ts'
import { visionArchitecture } from './vision/architecture.ts'
import { visionFamilies } from './vision/members.ts'
import { vitArchitecture } from './vit/architecture.ts'

/**
 * What all families compute, for the command line, benchmarks and tests. `runnables.ts` and `registry.ts` have the same
 * families with more, and load them when a model needs them.
 */
const all = [
  vitArchitecture,
  hybridArchitecture,
  mixerArchitecture,
  litArchitecture,
  ...visionFamilies.map(visionArchitecture),
  ...dualFamilies.map(dualArchitecture),
] as const

export const architectures: readonly Architecture[] = all

type ConfigOf<A> = A extends Architecture<infer Config> ? Config : never

/** A config of any family; its `family` tells which. */
export type AnyConfig = ConfigOf<(typeof all)[number]>

/** @throws UnsupportedError naming a family that is not run here */
export function architectureOf({ family }: Pick<ModelConfig, 'family'>): Architecture {
  const found = architectures.find(({ name }) => name === family)
  if (found) return found
  const known = architectures.map(({ name }) => name).join(', ')
  throw new UnsupportedError(
    `There is no family ${show(family)} here, only ${known}; a newer version of this package may run it.`,
  )
}

/** The program of a config, whatever its family. */
export const programOf = (config: ModelConfig): Program => architectureOf(config).program(config)

/** The fields of all configs. */
export const configFields: Fields<object> = mergedFields(architectures.map(({ fields }) => fields))
