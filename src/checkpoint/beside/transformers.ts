import { UnsupportedError } from '../../errors.ts'
import { isObject, type JsonFile } from './json.ts'
import { type ClassNames, parseClassNames } from './labels.ts'

/** Has it any of the fields by which one knows transformers' files? */
export const isTransformersConfig = ({ json }: JsonFile) =>
  ['model_type', 'num_attention_heads', 'hidden_size', 'hidden_act', 'id2label'].some((key) =>
    Object.hasOwn(json, key),
  )

/** @throws UnsupportedError where transformers has quantised the weights */
export function refuseQuantized({ name, json }: JsonFile): void {
  if (!isObject(json.quantization_config)) return
  throw new UnsupportedError(
    `${name} has a quantization_config: weights that transformers has quantised are not read. Save them dequantised (model.dequantize()).`,
  )
}

/** Undefined for names that transformers made up, `LABEL_0`. */
export function transformersNames({ name, json }: JsonFile): ClassNames | undefined {
  const names = parseClassNames(json.id2label, name, 'id2label')
  if (!names) return undefined
  return [...names].every(([place, text]) => text === `LABEL_${place}`) ? undefined : names
}

export function transformersNotices({ name, json }: JsonFile): string[] {
  if (json.problem_type !== 'multi_label_classification') return []
  return [
    `${name} says that an image may have several labels: classify() gives softmax over all classes, so take the sigmoid of logits() instead.`,
  ]
}
