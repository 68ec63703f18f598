import type { Found } from '../../checkpoint/plan/found.ts'
import type { Publisher, Relatives } from '../../checkpoint/plan/publisher.ts'
import type { ConfigReaders, Family } from '../family.ts'
import { noVariants, requireSaid } from '../vision/family.ts'
import { fitsSize } from '../vision/layout.ts'
import { vitRecipe } from '../vit/recipe.ts'
import type { DualConfig } from './config.ts'
import { inferDual } from './infer.ts'
import type { DualFamilyName } from './members.ts'
import { runnableDual } from './runnable.ts'
import { foundImageTower } from './towers.ts'

/** Whose files have models of these families. Its defaults are what is so where nothing says otherwise. */
export type DualPublisher = Publisher<string, Partial<DualConfig>>

export interface DualFamily {
  readonly name: DualFamilyName
  readonly publishers: readonly DualPublisher[]
  readonly relatives?: Relatives
  /** Fields that only a config.json or the caller can say of a file. */
  unsaid(found: Found): readonly (keyof DualConfig)[]
  /** As a family's. */
  readonly patchesAreResizable?: true
  configReaders(): Promise<ConfigReaders<DualConfig>>
}

/** Values of what a file may leave open, for callers that need only the rest. */
const unshown: Partial<DualConfig> = {
  heads: 1,
  imageSize: [1, 1],
  activation: 'gelu_erf',
  eps: 0,
  mapHeads: 1,
  textHeads: 1,
  textActivation: 'gelu_erf',
  textEps: 0,
}

/** A family of models of images and texts: the names of its files, and what these don't say. */
export function dualFamily({ unsaid, relatives, ...parts }: DualFamily): Family<DualConfig> {
  const { name } = parts
  return {
    ...runnableDual(name),
    ...parts,
    essential: ['position'],
    relatives: relatives ?? { inside: [], around: [] },
    ...noVariants,
    unshown,
    infer(found, overrides, assumed) {
      requireSaid(unsaid(found), overrides, found)
      const known = found.publisher.defaults as Partial<DualConfig>
      return inferDual(name, found, known, overrides, assumed)
    },
    recipe: (config, found, assumed) => vitRecipe({ ...config, distilled: false }, found, assumed),
    fitsSize: (size, config, found) => fitsSize(size, config, foundImageTower(found)),
    tools: async () => (await import('./tools.ts')).dualTools,
  }
}
