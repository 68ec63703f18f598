import { type JsonFile, refuse } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import type { ConfigReaders } from '../family.ts'
import { type ByName, timmFacts } from '../vision/beside/timm.ts'
import { transformersFacts } from '../vision/beside/transformers.ts'
import type { VisionConfig } from '../vision/config.ts'

const byName: ByName = [[/^beit(v2)?_/, { activation: 'gelu_erf', eps: 1e-6 }]]

/** What transformers' `config.json` says of a BEiT. */
function readTransformersConfig(file: JsonFile, given: Given<VisionConfig>) {
  const defaults = { eps: 1e-12, heads: 12, activation: 'gelu_erf' } as const
  const facts = transformersFacts(file, given, { beit: defaults, 'data2vec-vision': defaults })
  for (const key of ['use_absolute_position_embeddings', 'use_shared_relative_position_bias']) {
    if (file.json[key] === true) refuse(file, key, 'neighbours: false')
  }
  if (file.json.use_mean_pooling !== false || given.config?.classifier) return facts
  return { ...facts, config: { ...facts.config, classifier: 'token' as const } }
}

export const beitReaders: ConfigReaders<VisionConfig> = {
  timm: (file, given) => timmFacts(file, given, byName),
  transformers: readTransformersConfig,
}
