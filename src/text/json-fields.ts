import { excerpt, isObject, type Json } from '../checkpoint/beside/json.ts'
import { FormatError, UnsupportedError } from '../errors.ts'

/**
 * A step of a `tokenizer.json` and the steps in it, in their order: those of a `Sequence` one by one.
 * @param key `normalizer` or `pre_tokenizer`
 * @throws FormatError where it is no step
 */
export function stepsOf(json: Json, key: string, name: string): Json[] {
  const lists: Readonly<Record<string, string>> = {
    normalizer: 'normalizers',
    pre_tokenizer: 'pretokenizers',
  }
  const flat = (step: unknown): Json[] => {
    if (step === null || step === undefined) return []
    if (!isObject(step) || typeof step.type !== 'string') throw wrongField(name, key, step)
    if (step.type !== 'Sequence') return [step]
    const all = step[lists[key]!]
    if (!Array.isArray(all)) throw wrongField(name, key, step)
    return all.flatMap(flat)
  }
  return flat(json[key])
}

/** A piece that `tokenizer.json` adds to those of its model. */
export interface AddedPiece {
  readonly id: number
  readonly content: string
  /** A mark, such as the end of a text, and not a piece that users want whole. */
  readonly special: boolean
}

/** @throws FormatError where `added_tokens` is no list of pieces */
export function addedPieces({ added_tokens: added }: Json, name: string): AddedPiece[] {
  if (added === undefined || added === null) return []
  const isPiece = (one: unknown): one is AddedPiece =>
    isObject(one) && Number.isSafeInteger(one.id) && typeof one.content === 'string'
  if (!Array.isArray(added) || !added.every(isPiece)) throw wrongField(name, 'added_tokens', added)
  return added
}

/** The merges of a BPE: pairs, or texts with a space between (before tokenizers 0.20); always as the latter. */
export function mergesOf(model: Json, name: string): string[] {
  const { merges } = model
  if (!Array.isArray(merges)) throw wrongField(name, 'model.merges', merges)
  return merges.map((merge: unknown) => {
    if (typeof merge === 'string') return merge
    const isPair = Array.isArray(merge) && merge.length === 2
    if (isPair && merge.every((half) => typeof half === 'string')) return merge.join(' ')
    throw wrongField(name, 'model.merges', merge)
  })
}

/** The model of a `tokenizer.json`. */
export function modelOf(json: Json, name: string): Json {
  if (isObject(json.model)) return json.model
  throw wrongField(name, 'model', json.model)
}

/** The numbers of pieces by their texts. */
export function numbersOf(vocabulary: unknown, key: string, name: string): Map<string, number> {
  if (!isObject(vocabulary)) throw wrongField(name, key, vocabulary)
  const entries = Object.entries(vocabulary)
  const wrong = entries.find(([, number]) => !Number.isSafeInteger(number))
  if (wrong) throw wrongField(name, `${key}.${wrong[0]}`, wrong[1])
  return new Map(entries as [string, number][])
}

export const wrongField = (name: string, key: string, value: unknown) =>
  new FormatError(`${name} is another file, or is damaged: its ${key} is ${excerpt(value)}.`)

/** @param kind whose tokenizer it should be */
export const otherTokenizer = (name: string, kind: string, key: string, value: unknown) =>
  new UnsupportedError(
    `${name} is not the tokenizer of ${kind} as it is run here: its ${key} is ${excerpt(value)}. Put the file of the published model there.`,
  )
