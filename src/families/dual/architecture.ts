import type { Architecture } from '../architecture.ts'
import { visionBlockProgram, visionProgram } from '../vision/program.ts'
import { type DualConfig, dualFields } from './config.ts'
import type { DualFamilyName } from './members.ts'

/** Its program is the tower for images; `vitrine/text` has that of the tower for texts. */
export const dualArchitecture = (name: DualFamilyName): Architecture<DualConfig> => ({
  name,
  fields: dualFields(name),
  formerly: {},
  program: visionProgram,
  blockProgram: visionBlockProgram,
})
