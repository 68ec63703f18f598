import type { Json } from '../../checkpoint/beside/json.ts'
import {
  addedPieces,
  mergesOf,
  modelOf,
  numbersOf,
  otherTokenizer,
  stepsOf,
} from '../json-fields.ts'
import { type BpeVocabulary, bpeVocabulary, wordEnd } from './vocabulary.ts'

const kind = 'CLIP'

/** How transformers cuts words, by version: the newer files also name the marks, which are never there any more. */
const contractions = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"
const patterns = [contractions, `<\\|startoftext\\|>|<\\|endoftext\\|>|${contractions}`]

/**
 * CLIP's vocabulary in a `tokenizer.json`. The steps that it names must be CLIP's, which are done here by other means.
 * @throws FormatError for a damaged file, UnsupportedError for the tokenizer of another model
 */
export function clipFromJson(json: Json, name: string): BpeVocabulary {
  const model = modelOf(json, name)
  checkModel(model, name)
  checkSteps(json, name)
  const numbers = numbersOf(model.vocab, 'model.vocab', name)
  const added = addedPieces(json, name)
  for (const { content, id } of added) numbers.set(content, id)
  const markOf = (text: string) =>
    added.find(({ content }) => content.toLowerCase() === text)?.content ?? text
  return bpeVocabulary(
    {
      numbers,
      merges: mergesOf(model, name),
      startPiece: markOf('<|startoftext|>'),
      endPiece: markOf('<|endoftext|>'),
    },
    name,
  )
}

function checkModel(model: Json, name: string): void {
  const wanted: readonly (readonly [key: string, isRight: (value: unknown) => boolean])[] = [
    ['type', (value) => value === 'BPE'],
    ['end_of_word_suffix', (value) => value === wordEnd],
    ['continuing_subword_prefix', (value) => !value],
    ['dropout', (value) => !value],
    ['byte_fallback', (value) => !value],
    ['ignore_merges', (value) => !value],
  ]
  for (const [key, isRight] of wanted) {
    if (!isRight(model[key])) throw otherTokenizer(name, kind, `model.${key}`, model[key])
  }
}

function checkSteps(json: Json, name: string): void {
  const normalizer = stepsOf(json, 'normalizer', name)
  const names = normalizer.map(({ type, pattern, content }) =>
    type === 'Replace' ? `${type} ${JSON.stringify(pattern)} ${content}` : type,
  )
  const replace = `Replace ${JSON.stringify({ Regex: '\\s+' })}  `
  if (names.join() !== `NFC,${replace},Lowercase`) {
    throw otherTokenizer(name, kind, 'normalizer', json.normalizer)
  }
  const [split, bytes, ...others] = stepsOf(json, 'pre_tokenizer', name)
  const pattern = (split?.pattern as Json | undefined)?.Regex
  const isRight =
    split?.type === 'Split' &&
    split.invert === true &&
    patterns.includes(String(pattern)) &&
    bytes?.type === 'ByteLevel' &&
    bytes.add_prefix_space !== true &&
    others.length === 0
  if (!isRight) throw otherTokenizer(name, kind, 'pre_tokenizer', json.pre_tokenizer)
}
