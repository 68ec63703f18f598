import { excerpt, field, isText, type JsonFile } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import { UnsupportedError } from '../../errors.ts'
import { openClipFacts, part } from '../dual/beside/open-clip.ts'
import { dualFacts } from '../dual/beside/transformers.ts'
import type { DualConfig } from '../dual/config.ts'
import type { ConfigReaders } from '../family.ts'
import { tanhNames } from '../vit/beside/timm.ts'

const defaults = { eps: 1e-6, heads: 12, activation: 'gelu_tanh' } as const

/** What transformers' `config.json` says of a SigLIP, or of its image tower alone. */
function readTransformersConfig(file: JsonFile, given: Given<DualConfig>) {
  return dualFacts(file, given, {
    whole: 'siglip',
    image: { type: 'siglip_vision_model', defaults },
    text: { type: 'siglip_text_model', defaults },
  })
}

/** What `open_clip_config.json` says: which GELU its trunk has, the trunk's name in timm tells. */
function readOpenClipConfig(file: JsonFile, given: Given<DualConfig>) {
  const { config, claims, ...facts } = openClipFacts(file, given, {
    causal: false,
    eps: 1e-6,
    cleaning: 'canonicalize',
  })
  const vision = part(part(file, 'model_cfg'), 'vision_cfg')
  const trunk = field(vision, 'timm_model_name', isText, 'a name') ?? ''
  if (!/^vit_\w+_siglip_\d+$/.test(trunk)) {
    throw new UnsupportedError(
      `${vision.name} says timm_model_name ${excerpt(trunk)}; of open_clip's models over a trunk of timm those of SigLIP are run.`,
    )
  }
  const { heads: _, ...rest } = config!
  const { width: __, depth: ___, patchSize: ____, ...others } = claims!
  return {
    ...facts,
    config: {
      ...rest,
      ...(/_(so400m|giantopt)_/.test(trunk) && { heads: 16, mapHeads: 16 }),
      activation:
        given.config?.activation ??
        (tanhNames.test(trunk) ? ('gelu_tanh' as const) : ('gelu_erf' as const)),
    },
    claims: others,
  }
}

export const siglipReaders: ConfigReaders<DualConfig> = {
  transformers: readTransformersConfig,
  open_clip: readOpenClipConfig,
}
