import type { Architecture } from '../architecture.ts'
import { type VisionConfig, visionFields } from './config.ts'
import type { VisionFamilyName } from './members.ts'
import { visionBlockProgram, visionProgram } from './program.ts'

/** What a family computes whose models are transformers over patches. */
export const visionArchitecture = (name: VisionFamilyName): Architecture<VisionConfig> => ({
  name,
  fields: visionFields(name),
  formerly: {},
  program: visionProgram,
  blockProgram: visionBlockProgram,
})
