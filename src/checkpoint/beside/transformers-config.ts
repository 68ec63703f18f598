import { UnsupportedError } from '../../errors.ts'
import type { ViTConfig } from '../../models/config.ts'
import type { Given } from '../description.ts'
import type { Facts } from './facts.ts'
import {
  excerpt,
  field,
  isFlag,
  isFromZero,
  isObject,
  isText,
  type JsonFile,
  refuse,
  sizeField,
  wholeField,
} from './json.ts'
import { parseClassNames } from './labels.ts'

/** The models of transformers that have these tensors, and the epsilon each has unless it says another. */
const models: Readonly<Record<string, number>> = {
  vit: 1e-12,
  deit: 1e-12,
  vit_mae: 1e-12,
  vit_msn: 1e-6,
  ijepa: 1e-6,
}

const gelus: Readonly<Record<string, ViTConfig['gelu']>> = {
  gelu: 'erf',
  gelu_python: 'erf',
  gelu_new: 'tanh',
  gelu_pytorch_tanh: 'tanh',
  gelu_python_tanh: 'tanh',
  gelu_accurate: 'tanh',
  gelu_fast: 'tanh',
}

/** Has it any of the fields by which one knows transformers' files? */
export const isTransformersConfig = ({ json }: JsonFile) =>
  ['model_type', 'num_attention_heads', 'hidden_size', 'hidden_act', 'id2label'].some((key) =>
    Object.hasOwn(json, key),
  )

/**
 * transformers' `config.json` of a ViT, DeiT, ViT-MAE, ViT-MSN or I-JEPA.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes
 *   no sense
 */
export function readTransformersConfig(file: JsonFile, given: Given): Facts {
  const type = field(file, 'model_type', isText, 'a name')
  if (type !== undefined && !Object.hasOwn(models, type)) {
    throw new UnsupportedError(
      `${file.name} is of the model_type ${excerpt(type)}, which is not run as a plain ViT; ${Object.keys(models).join(', ')} are.`,
    )
  }
  if (isObject(file.json.quantization_config)) {
    throw new UnsupportedError(
      `${file.name} has a quantization_config: weights that transformers has quantised are not read. Save them dequantised (model.dequantize()).`,
    )
  }
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
    pooler: field(file, 'pooler_act', isText, 'a name'),
    claims: {
      width: wholeField(file, 'hidden_size'),
      depth: wholeField(file, 'num_hidden_layers'),
      mlpWidth: wholeField(file, 'intermediate_size'),
      patchSize: sizeField(file, 'patch_size'),
      channels: wholeField(file, 'num_channels'),
      qkvBias: field(file, 'qkv_bias', isFlag, 'true or false'),
    },
    names: namesOf(file),
    notices: noticesOf(file),
  }
}

const geluOf = (file: JsonFile, act: string): ViTConfig['gelu'] =>
  Object.hasOwn(gelus, act) ? gelus[act]! : refuse(file, 'hidden_act', 'config.gelu')

/** Undefined for names that transformers made up, `LABEL_0`. */
function namesOf({ name, json }: JsonFile) {
  const names = parseClassNames(json.id2label, name, 'id2label')
  if (!names) return undefined
  return [...names].every(([place, text]) => text === `LABEL_${place}`) ? undefined : names
}

function noticesOf({ name, json }: JsonFile): string[] {
  if (json.problem_type !== 'multi_label_classification') return []
  return [
    `${name} says that an image may have several labels: classify() gives softmax over all classes, so take the sigmoid of logits() instead.`,
  ]
}
