import type { Runnable } from '../runnable.ts'
import { encoderStages } from '../vit/runnable.ts'
import { encoderTokens } from '../vit/tokens.ts'
import { litArchitecture } from './architecture.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { litLayout } from './layout.ts'
import { ownLiT } from './names.ts'

export const runnableLiT: Runnable<LiTConfig> = {
  ...litArchitecture,
  ownNames: ownLiT,
  layout: litLayout,
  stages: encoderStages,
  tokens: async (config) => encoderTokens(imageTower(config)),
}
