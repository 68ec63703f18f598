import type { Found } from '../../checkpoint/plan/found.ts'
import type { Publisher, Relatives } from '../../checkpoint/plan/publisher.ts'
import { ArgumentError } from '../../errors.ts'
import type { ConfigReaders, Family } from '../family.ts'
import { vitRecipe } from '../vit/recipe.ts'
import type { VisionConfig } from './config.ts'
import { inferVision } from './infer.ts'
import { fitsSize } from './layout.ts'
import type { VisionFamilyName } from './members.ts'
import { runnableVision } from './runnable.ts'
import type { Slot } from './slots.ts'

/** Whose files have models of these families. Its defaults are what is so where nothing says otherwise. */
export type VisionPublisher = Publisher<Slot, Partial<VisionConfig>>

export interface VisionFamily {
  readonly name: VisionFamilyName
  readonly publishers: readonly VisionPublisher[]
  /** Slots that every complete model has. */
  readonly essential: readonly Slot[]
  readonly relatives?: Relatives
  /** Fields that only a config.json or the caller can say of a file. */
  unsaid?(found: Found): readonly (keyof VisionConfig)[]
  configReaders(): Promise<ConfigReaders<VisionConfig>>
}

/** Values of what a file may leave open, for callers that need only the rest. */
const unshown: Partial<VisionConfig> = {
  heads: 1,
  imageSize: [1, 1],
  activation: 'gelu_erf',
  eps: 0,
  rope: 'none',
  ropeBase: 1,
  ropeGrid: [1, 1],
  mapHeads: 1,
}

/** A family of transformers over patches: the names of its files, and what these don't say. */
export function visionFamily({ unsaid, relatives, ...parts }: VisionFamily): Family<VisionConfig> {
  const { name } = parts
  return {
    ...runnableVision(name),
    ...parts,
    patchesAreResizable: true,
    relatives: relatives ?? { inside: [], around: [] },
    ...noVariants,
    unshown,
    infer(found, overrides, assumed) {
      const known = found.publisher.defaults as Partial<VisionConfig>
      requireSaid(unsaid?.(found) ?? [], overrides, found)
      const { family: _, ...own } = overrides
      return { ...inferVision(found, known, own, assumed), family: name }
    },
    recipe: (config, found, assumed) => vitRecipe({ ...config, distilled: false }, found, assumed),
    fitsSize,
    tools: async () => (await import('./tools.ts')).visionTools,
  }
}

/** @throws ArgumentError naming the first field that nothing says */
export function requireSaid(fields: readonly string[], said: object, { file }: Found): void {
  const missing = fields.find((field) => (said as Record<string, unknown>)[field] === undefined)
  if (missing === undefined) return
  throw new ArgumentError(
    `${file.name} does not say its ${missing}, nor does a config.json beside it: pass config.${missing} (--config ${missing}=…).`,
  )
}

const noVariant = (name: string): never => {
  throw new ArgumentError(`There is no published variant ${name} in this family.`)
}

/** A family without variants of the release. */
export const noVariants = {
  variants: [],
  structure: noVariant,
  variantConfig: noVariant,
} as const
