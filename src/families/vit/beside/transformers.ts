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
import type { Given } from '../../../checkpoint/description.ts'
import { UnsupportedError } from '../../../errors.ts'
import type { ViTConfig } from '../config.ts'
import { checkHeads } from './heads.ts'

/** The models of transformers that have these tensors, and the epsilon each has unless it says another. */
const models: Readonly<Record<string, number>> = {
  vit: 1e-12,
  deit: 1e-12,
  vit_mae: 1e-12,
  vit_msn: 1e-6,
  ijepa: 1e-6,
}

/** The forms of GELU by transformers' names. */
export const gelus: Readonly<Record<string, ViTConfig['gelu']>> = {
  gelu: 'erf',
  gelu_python: 'erf',
  gelu_new: 'tanh',
  gelu_pytorch_tanh: 'tanh',
  gelu_python_tanh: 'tanh',
  gelu_accurate: 'tanh',
  gelu_fast: 'tanh',
}

/**
 * transformers' `config.json` of a ViT, DeiT, ViT-MAE, ViT-MSN or I-JEPA.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes
 *   no sense
 */
export function readTransformersConfig(file: JsonFile, given: Given<ViTConfig>): Facts<ViTConfig> {
  const type = field(file, 'model_type', isText, 'a name')
  if (type !== undefined && !Object.hasOwn(models, type)) {
    throw new UnsupportedError(
      `${file.name} is of the model_type ${excerpt(type)}, which is not run as a plain ViT; ${Object.keys(models).join(', ')} are.`,
    )
  }
  refuseQuantized(file)
  const act = field(file, 'hidden_act', isText, 'a name')
  const eps = field(file, 'layer_norm_eps', isFromZero, 'a number from 0') ?? models[type ?? '']
  // The library's default is 12, whatever the width.
  const heads = wholeField(file, 'num_attention_heads') ?? (type === undefined ? undefined : 12)
  const size = sizeField(file, 'image_size')
  return {
    config: {
      ...(act !== undefined && !given.config?.gelu && { gelu: geluOf(file, act) }),
      ...(eps !== undefined && { eps }),
      ...(heads !== undefined && { heads }),
      ...(size && { imageSize: size }),
    },
    ...(size && { storedSize: size, sizeIsCertain: true }),
    claims: {
      width: wholeField(file, 'hidden_size'),
      depth: wholeField(file, 'num_hidden_layers'),
      mlpWidth: wholeField(file, 'intermediate_size'),
      patchSize: sizeField(file, 'patch_size'),
      channels: wholeField(file, 'num_channels'),
      qkvBias: field(file, 'qkv_bias', isFlag, 'true or false'),
    },
    names: transformersNames(file),
    notices: transformersNotices(file),
    check(found, weights) {
      const pooler = field(file, 'pooler_act', isText, 'a name')
      if (pooler !== undefined && pooler !== 'tanh' && found.representation > 0) {
        refuse(file, 'pooler_act', 'config.representation: 0')
      }
      checkHeads(heads, given, found, file.name, weights)
    },
  }
}

const geluOf = (file: JsonFile, act: string): ViTConfig['gelu'] =>
  Object.hasOwn(gelus, act) ? gelus[act]! : refuse(file, 'hidden_act', 'config.gelu')
