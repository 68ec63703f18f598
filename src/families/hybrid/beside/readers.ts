import type { ConfigReaders } from '../../family.ts'
import type { HybridConfig } from '../config.ts'
import { readTimmConfig } from './timm.ts'

export const hybridConfigReaders: ConfigReaders<HybridConfig> = { timm: readTimmConfig }
