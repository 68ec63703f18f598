import type { Facts } from '../../../checkpoint/beside/facts.ts'
import {
  excerpt,
  field,
  isFlag,
  isFromZero,
  isText,
  type JsonFile,
  refuse,
  sizeField,
  wholeField,
} from '../../../checkpoint/beside/json.ts'
import {
  refuseQuantized,
  transformersNames,
  transformersNotices,
} from '../../../checkpoint/beside/transformers.ts'
import { UnsupportedError } from '../../../errors.ts'
import { checkHeads } from '../../vit/beside/heads.ts'
import { gelus } from '../../vit/beside/transformers.ts'
import type { VisionConfig, VisionTower } from '../config.ts'

/** What a file says of a tower, whichever family's model it is. */
export interface TowerFacts
  extends Omit<Facts<VisionConfig>, 'config' | 'claims' | 'check' | 'preprocess'> {
  readonly config: Partial<VisionTower>
  readonly claims: { readonly [Key in keyof VisionTower]?: unknown }
  check(found: VisionTower, weights: string): void
}

/** What transformers assumes where a file of this model_type says nothing. */
export interface Defaults {
  readonly eps: number
  readonly heads: number
  readonly activation: VisionConfig['activation']
}

const activations: Readonly<Record<string, VisionConfig['activation']>> = {
  ...Object.fromEntries(
    Object.entries(gelus).map(([name, form]) => [name, `gelu_${form}` as const]),
  ),
  quick_gelu: 'quick_gelu',
  silu: 'silu',
  swish: 'silu',
}

/**
 * What transformers' `config.json` says of one of these models.
 * @param models the model types of the family
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function transformersFacts(
  file: JsonFile,
  given: { readonly config?: Partial<VisionTower> | undefined },
  models: Readonly<Record<string, Defaults>>,
): TowerFacts {
  const type = field(file, 'model_type', isText, 'a name') ?? Object.keys(models)[0]!
  if (!Object.hasOwn(models, type)) {
    throw new UnsupportedError(
      `${file.name} is of the model_type ${excerpt(type)}, and the tensors are of ${Object.keys(models).join(', ')}.`,
    )
  }
  refuseQuantized(file)
  const defaults = models[type]!
  const eps = field(file, 'layer_norm_eps', isFromZero, 'a number from 0') ?? defaults.eps
  const heads = wholeField(file, 'num_attention_heads') ?? defaults.heads
  const imageSize = sizeField(file, 'image_size')
  return {
    config: {
      activation: given.config?.activation ?? activationOf(file) ?? defaults.activation,
      eps,
      heads,
      ...(imageSize && { imageSize }),
    },
    ...(imageSize && { storedSize: imageSize, sizeIsCertain: true }),
    claims: {
      width: wholeField(file, 'hidden_size'),
      depth: wholeField(file, 'num_hidden_layers'),
      mlpWidth: wholeField(file, 'intermediate_size'),
      patchSize: sizeField(file, 'patch_size'),
      channels: wholeField(file, 'num_channels'),
      qkvBias: field(file, 'qkv_bias', isFlag, 'true or false') === false ? false : undefined,
      registers: field(file, 'num_register_tokens', isFromZero, 'a number from 0'),
    },
    names: transformersNames(file),
    notices: transformersNotices(file),
    check: (found, weights) => checkHeads(heads, given, found, file.name, weights),
  }
}

/** The activation of MLPs. */
export function activationOf(file: JsonFile): VisionConfig['activation'] | undefined {
  const act = field(file, 'hidden_act', isText, 'a name')
  if (act === undefined) return undefined
  return Object.hasOwn(activations, act)
    ? activations[act]
    : refuse(file, 'hidden_act', 'config.activation')
}
