import type { Publisher } from '../../checkpoint/plan/publisher.ts'
import type { Runnable } from '../runnable.ts'
import { encoderStages } from '../vit/runnable.ts'
import { visionArchitecture } from './architecture.ts'
import type { VisionConfig } from './config.ts'
import { visionLayout } from './layout.ts'
import type { VisionFamilyName } from './members.ts'
import { ownNames } from './names/own.ts'

/** The names of files of ours, the same for all these families. */
export const own: Publisher = {
  name: 'vitrine',
  title: 'vitrine',
  anchor: 'patch_embed.proj.weight',
  transposed: true,
  tensors: ownNames,
  harmless: [],
  defaults: {},
  recipe: 'timm',
  resample: 'timm',
}

/** What runs a family of transformers over patches. */
export const runnableVision = (name: VisionFamilyName): Runnable<VisionConfig> => ({
  ...visionArchitecture(name),
  ownNames: own,
  layout: (config, found, positions, assumed) =>
    visionLayout(`a model of the family ${name}`, config, found, positions, assumed),
  stages: encoderStages,
  tokens: async (config) => (await import('./tokens.ts')).visionTokens(config),
})
