import type { Stage } from '../../model/overflow.ts'
import type { Runnable } from '../runnable.ts'
import { encoderStages } from '../vit/runnable.ts'
import { encoderTokens } from '../vit/tokens.ts'
import { hybridArchitecture } from './architecture.ts'
import { type HybridConfig, transformerOf } from './config.ts'
import { rootOf, unitsOf } from './layers.ts'
import { hybridLayout } from './layout.ts'
import { timm } from './names/timm.ts'

export const runnableHybrid: Runnable<HybridConfig> = {
  ...hybridArchitecture,
  ownNames: timm,
  layout: hybridLayout,
  stages,
  tokens: async (config) => encoderTokens(transformerOf(config)),
}

/** The values of the ResNet, unit by unit, then those of the transformer. */
function stages(config: HybridConfig): Stage[] {
  const root = rootOf(config).name
  return [
    [`${root}.norm`, root],
    ...unitsOf(config).map(
      ({ name, convolutions: [, , last] }): Stage => [`${last.name}.norm`, name],
    ),
    ...encoderStages(config),
  ]
}
