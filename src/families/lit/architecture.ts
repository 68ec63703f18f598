import type { Architecture } from '../architecture.ts'
import { vitBlockProgram } from '../vit/program.ts'
import { imageTower, type LiTConfig, litFields } from './config.ts'
import { litProgram } from './program.ts'

/** Its program is the image tower; `vitrine/text` has that of the text tower. */
export const litArchitecture: Architecture<LiTConfig> = {
  name: 'lit',
  fields: litFields,
  formerly: {},
  program: litProgram,
  blockProgram: (config) => vitBlockProgram(imageTower(config)),
}
