import type { Publisher } from '../../checkpoint/plan/publisher.ts'
import type { Runnable } from '../runnable.ts'
import { own as ownVision } from '../vision/runnable.ts'
import { encoderStages } from '../vit/runnable.ts'
import { dualArchitecture } from './architecture.ts'
import type { DualConfig } from './config.ts'
import { dualLayout } from './layout.ts'
import type { DualFamilyName } from './members.ts'
import { ownNames } from './names.ts'

/** The names of files of ours, the same for all these families. */
const own: Publisher = { ...ownVision, tensors: ownNames, recipe: 'clip' }

/** What runs the image tower of a family of models of images and texts. */
export const runnableDual = (name: DualFamilyName): Runnable<DualConfig> => ({
  ...dualArchitecture(name),
  ownNames: own,
  layout: (config, found, positions, assumed) =>
    dualLayout(`a model of the family ${name}`, config, found, positions, assumed),
  stages: encoderStages,
  tokens: async (config) => (await import('../vision/tokens.ts')).visionTokens(config),
  ...(name === 'naflex' && {
    anySize: async (...given) => (await import('../naflex/any-size.ts')).naflexSizes(...given),
  }),
})
