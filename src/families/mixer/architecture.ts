import type { Architecture } from '../architecture.ts'
import { type MixerConfig, mixerFields } from './config.ts'
import { mixerBlockProgram, mixerProgram } from './program.ts'

export const mixerArchitecture: Architecture<MixerConfig> = {
  name: 'mixer',
  fields: mixerFields,
  formerly: {},
  program: mixerProgram,
  blockProgram: mixerBlockProgram,
}
