import type { Publisher } from '../../checkpoint/plan/publisher.ts'
import type { Encoder } from '../../model/encoder.ts'
import type { Runnable } from '../runnable.ts'
import { patchGrid } from '../vit/grid.ts'
import { encoderStages } from '../vit/runnable.ts'
import { visionArchitecture } from './architecture.ts'
import { prefixTokens, type VisionConfig, type VisionTower } from './config.ts'
import { visionLayout } from './layout.ts'
import type { VisionFamilyName } from './members.ts'
import { ownNames } from './names/own.ts'

/** The names of files of ours, the same for all these families. */
const own: Publisher = {
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
  encoder: encoderOf,
})

/** What shows where such a transformer looks. */
export const encoderOf = (config: VisionTower): Encoder => ({
  depth: config.depth,
  heads: config.heads,
  width: config.width,
  prefixTokens: prefixTokens(config),
  grid: patchGrid(config),
  patch: [...config.patchSize, config.channels],
})
