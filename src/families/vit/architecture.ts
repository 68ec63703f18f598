import type { Architecture } from '../architecture.ts'
import { configFields, type ViTConfig } from './config.ts'
import { vitBlockProgram, vitProgram } from './program.ts'

export const vitArchitecture: Architecture<ViTConfig> = {
  name: 'vit',
  fields: configFields,
  formerly: { channels: 3 },
  program: vitProgram,
  blockProgram: vitBlockProgram,
}
