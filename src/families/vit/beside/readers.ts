import type { ConfigReaders } from '../../family.ts'
import type { ViTConfig } from '../config.ts'
import { readTimmConfig } from './timm.ts'
import { readTransformersConfig } from './transformers.ts'

export const vitConfigReaders: ConfigReaders<ViTConfig> = {
  timm: readTimmConfig,
  transformers: readTransformersConfig,
}
