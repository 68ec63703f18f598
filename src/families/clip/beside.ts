import type { JsonFile } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import { openClipFacts } from '../dual/beside/open-clip.ts'
import { dualFacts } from '../dual/beside/transformers.ts'
import type { DualConfig } from '../dual/config.ts'
import type { ConfigReaders } from '../family.ts'

const defaults = { eps: 1e-5, heads: 12, activation: 'quick_gelu' } as const

/** What transformers' `config.json` says of a CLIP, or of its image tower alone. */
function readTransformersConfig(file: JsonFile, given: Given<DualConfig>) {
  return dualFacts(file, given, {
    whole: 'clip',
    image: { type: 'clip_vision_model', defaults },
    text: { type: 'clip_text_model', defaults: { ...defaults, heads: 8 } },
  })
}

export const clipReaders: ConfigReaders<DualConfig> = {
  transformers: readTransformersConfig,
  open_clip: (file, given) =>
    openClipFacts(file, given, { causal: true, eps: 1e-5, cleaning: 'lower' }),
}
