import { field, isFlag, isFromZero, type JsonFile, refuse } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import type { ConfigReaders } from '../family.ts'
import { timmFacts } from '../vision/beside/timm.ts'
import { transformersFacts } from '../vision/beside/transformers.ts'
import type { VisionConfig } from '../vision/config.ts'

/** What timm says of its architectures: heads are 128 wide. */
const byName = [
  [/^aimv2_large_/, { heads: 8 }],
  [/^aimv2_huge_/, { heads: 12 }],
  [/^aimv2_1b_/, { heads: 16 }],
  [/^aimv2_3b_/, { heads: 24 }],
] as const

const defaults = { eps: 1e-5, heads: 8, activation: 'silu' } as const

/** What `config.json` says of transformers' `Aimv2VisionModel`; `aimv2` is what Apple's own code calls it. */
function readTransformersConfig(file: JsonFile, given: Given<VisionConfig>) {
  const facts = transformersFacts(file, given, { aimv2_vision_model: defaults, aimv2: defaults })
  // Whether it has a head, its tensors tell.
  for (const key of ['is_native', 'qkv_bias', 'mlp_bias', 'use_bias']) {
    if (field(file, key, isFlag, 'true or false')) refuse(file, key)
  }
  const eps = field(file, 'rms_norm_eps', isFromZero, 'a number from 0') ?? defaults.eps
  return { ...facts, config: { ...facts.config, eps } }
}

export const aimv2Readers: ConfigReaders<VisionConfig> = {
  timm: (file, given) => timmFacts(file, given, byName),
  transformers: readTransformersConfig,
}
