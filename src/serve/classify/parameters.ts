import type { JsonObject } from '../http/json.ts'
import { badRequest, quoted } from '../http/refusal.ts'

/** What a request for classes may say beside its image. */
export interface Parameters {
  readonly topK: number | undefined
  /** What is made of the logits. */
  readonly apply: 'softmax' | 'sigmoid' | 'none' | undefined
  /** The classes, for a model of images and texts. */
  readonly candidateLabels: readonly string[] | undefined
  /** A text with `{}` where a candidate goes. */
  readonly template: string
  readonly multiLabel: boolean | undefined
}

/** So many candidates of a request are embedded at most. */
const MOST_CANDIDATES = 1000

/** What Hugging Face's pipeline makes of a candidate. */
const TEMPLATE = 'This is a photo of {}.'

const known = [
  'top_k',
  'function_to_apply',
  'candidate_labels',
  'hypothesis_template',
  'multi_label',
]

/** @throws Refusal for parameters that don't exist or have a wrong value */
export function readParameters(given: JsonObject): Parameters {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw badRequest(`There is no parameter ${quoted(unknown)}; there is ${known.join(', ')}.`)
  }
  const value = (name: string) => given[name] ?? undefined
  const topK = value('top_k')
  if (topK !== undefined && !(Number.isSafeInteger(topK) && Number(topK) >= 1)) {
    throw badRequest('top_k must be a whole number from 1.')
  }
  const apply = value('function_to_apply')
  if (apply !== undefined && apply !== 'softmax' && apply !== 'sigmoid' && apply !== 'none') {
    throw badRequest('function_to_apply must be softmax, sigmoid or none.')
  }
  const template = value('hypothesis_template') ?? TEMPLATE
  if (typeof template !== 'string' || !template.includes('{}')) {
    throw badRequest('hypothesis_template must be a text with {} where the label goes.')
  }
  const multiLabel = value('multi_label')
  if (multiLabel !== undefined && typeof multiLabel !== 'boolean') {
    throw badRequest('multi_label must be true or false.')
  }
  const candidateLabels = candidates(value('candidate_labels'))
  return { topK: topK as number | undefined, apply, candidateLabels, template, multiLabel }
}

function candidates(given: unknown): string[] | undefined {
  if (given === undefined) return undefined
  const labels: unknown =
    typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given
  const isLabel = (label: unknown) => typeof label === 'string' && label.trim() !== ''
  if (
    Array.isArray(labels) &&
    labels.length > 0 &&
    labels.length <= MOST_CANDIDATES &&
    labels.every(isLabel)
  ) {
    return labels
  }
  throw badRequest(`candidate_labels must be 1 to ${MOST_CANDIDATES} texts, none of them empty.`)
}
