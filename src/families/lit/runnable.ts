import type { Runnable } from '../runnable.ts'
import { encoderOf, encoderStages } from '../vit/runnable.ts'
import { litArchitecture } from './architecture.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { litLayout } from './layout.ts'
import { ownLiT } from './names.ts'

export const runnableLiT: Runnable<LiTConfig> = {
  ...litArchitecture,
  ownNames: ownLiT,
  layout: litLayout,
  stages: encoderStages,
  encoder: (config) => encoderOf(imageTower(config)),
}
