import { field, isPositive, type JsonFile } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import type { ConfigReaders } from '../family.ts'
import { transformersFacts } from '../vision/beside/transformers.ts'
import type { VisionConfig } from '../vision/config.ts'

/** What transformers' `config.json` says of a DINOv3. */
function readTransformersConfig(file: JsonFile, given: Given<VisionConfig>) {
  const defaults = { eps: 1e-5, heads: 6, activation: 'gelu_erf' } as const
  const facts = transformersFacts(file, given, { dinov3_vit: defaults })
  const ropeBase = field(file, 'rope_theta', isPositive, 'a number above 0') ?? 100
  return { ...facts, config: { ...facts.config, ropeBase } }
}

export const dinov3Readers: ConfigReaders<VisionConfig> = { transformers: readTransformersConfig }
