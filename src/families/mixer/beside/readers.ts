import type { ConfigReaders } from '../../family.ts'
import type { MixerConfig } from '../config.ts'
import { readTimmConfig } from './timm.ts'

export const mixerConfigReaders: ConfigReaders<MixerConfig> = { timm: readTimmConfig }
