import type { JsonFile } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import { dualFacts } from '../dual/beside/transformers.ts'
import type { DualConfig } from '../dual/config.ts'
import type { ConfigReaders } from '../family.ts'

const defaults = { eps: 1e-6, heads: 12, activation: 'gelu_tanh' } as const

/** What transformers' `config.json` says of a SigLIP 2 NaFlex, or of its image tower alone. */
const readTransformersConfig = (file: JsonFile, given: Given<DualConfig>) =>
  dualFacts(file, given, {
    whole: 'siglip2',
    image: { type: 'siglip2_vision_model', defaults },
    text: { type: 'siglip2_text_model', defaults },
  })

export const naflexReaders: ConfigReaders<DualConfig> = { transformers: readTransformersConfig }
