import type { Architecture } from '../architecture.ts'
import { type HybridConfig, hybridFields } from './config.ts'
import { hybridBlockProgram, hybridProgram } from './program.ts'

export const hybridArchitecture: Architecture<HybridConfig> = {
  name: 'hybrid',
  fields: hybridFields,
  formerly: {},
  program: hybridProgram,
  blockProgram: hybridBlockProgram,
}
