import type { Json } from '../../checkpoint/beside/json.ts'
import { FormatError } from '../../errors.ts'
import {
  type AddedPiece,
  addedPieces,
  mergesOf,
  modelOf,
  numbersOf,
  otherTokenizer,
  stepsOf,
  wrongField,
} from '../json-fields.ts'
import { type ModelFile, type NormalizerRules, type Piece, pieceTypes } from './model-file.ts'
import { byteName } from './pieces.ts'

const kind = 'SigLIP'

const ends = ['</s>', '<eos>']

const tabByte = byteName(9)

/**
 * A model of sentencepiece as `tokenizer.json` has it: unigram, or BPE with a fallback to bytes (Gemma). Small letters
 * and other changes of texts that come before the model are the caller's work, and are not read.
 * @throws FormatError for a damaged file, UnsupportedError for the tokenizer of another model
 */
export function modelFromJson(json: Json, name: string): ModelFile {
  const model = modelOf(json, name)
  const added = new Map(addedPieces(json, name).map((piece) => [piece.content, piece]))
  const { type } = model
  if (type !== 'Unigram' && type !== 'BPE') throw otherTokenizer(name, kind, 'model.type', type)
  const byteFallback = model.byte_fallback === true
  if (type === 'BPE' && !byteFallback) {
    throw otherTokenizer(name, kind, 'model.byte_fallback', model.byte_fallback)
  }
  const scored = type === 'Unigram' ? unigrams(model, name) : mergedPieces(model, added, name)
  const pieces = scored.map((piece) => typed(piece, added, byteFallback))
  const endPiece = ends.find((end) => added.get(end)?.special)
  if (endPiece === undefined) {
    throw new FormatError(`${name} has no mark for the end of a text (${ends.join(' or ')}).`)
  }
  return {
    type: type === 'BPE' ? 'bpe' : 'unigram',
    pieces,
    byteFallback,
    endPiece,
    normalizer: rulesOf(json, type === 'Unigram', name),
  }
}

function typed(piece: Piece, added: ReadonlyMap<string, AddedPiece>, byteFallback: boolean): Piece {
  const known = added.get(piece.text)
  if (piece.type === pieceTypes.unknown) return piece
  if (known) {
    return { ...piece, type: known.special ? pieceTypes.control : pieceTypes.userDefined }
  }
  const isByte = byteFallback && /^<0x[0-9A-F]{2}>$/.test(piece.text)
  return isByte ? { ...piece, type: pieceTypes.byte } : piece
}

function unigrams({ vocab, unk_id: unknown }: Json, name: string): Piece[] {
  if (!Array.isArray(vocab)) throw wrongField(name, 'model.vocab', vocab)
  return vocab.map((entry: unknown, number) => {
    const [text, score] = Array.isArray(entry) ? entry : []
    if (typeof text !== 'string' || text === '' || !Number.isFinite(score)) {
      throw wrongField(name, `model.vocab[${number}]`, entry)
    }
    const type = number === unknown ? pieceTypes.unknown : pieceTypes.normal
    return { text, score: Math.fround(score), type }
  })
}

/**
 * The pieces of a BPE. In sentencepiece the result of a merge decides its order, not its halves. So the score of a piece
 * is the rank of its first merge; a piece that no merge makes is merged with nothing.
 */
function mergedPieces(model: Json, added: ReadonlyMap<string, AddedPiece>, name: string): Piece[] {
  const numbers = numbersOf(model.vocab, 'model.vocab', name)
  for (const { content, id } of added.values()) numbers.set(content, id)
  // Gemma's converter calls the piece of the byte 9 by what it is, a tab.
  const tab = numbers.get('\t')
  if (tab !== undefined && !numbers.has(tabByte) && !added.has('\t')) {
    numbers.delete('\t')
    numbers.set(tabByte, tab)
  }
  const ranks = new Map<string, number>()
  let last = ''
  for (const merge of mergesOf(model, name)) {
    const space = merge.indexOf(' ')
    const [one, other] = [merge.slice(0, space), merge.slice(space + 1)]
    const made = one + other
    const unknown = [one, other, made].find((piece) => !numbers.has(piece))
    if (space <= 0 || unknown !== undefined) {
      throw new FormatError(
        `${name} is damaged: the merge ${JSON.stringify(merge)} names a piece that is not there.`,
      )
    }
    if (made !== last && ranks.has(made)) {
      throw otherTokenizer(name, kind, 'order of merges, by halves,', merge)
    }
    if (made !== last) ranks.set(made, ranks.size)
    last = made
  }
  const pieces = new Array<Piece | undefined>(numbers.size).fill(undefined)
  for (const [text, number] of numbers) {
    if (number < 0 || number >= pieces.length || pieces[number] || text === '') {
      throw wrongField(name, 'model.vocab', { [text]: number })
    }
    const isSingle = text.length === (text.codePointAt(0)! > 0xffff ? 2 : 1)
    const isMade = isSingle || ranks.has(text)
    const type = isMade ? pieceTypes.normal : pieceTypes.control
    const isUnknown = text === model.unk_token
    pieces[number] = {
      text,
      score: -(ranks.get(text) ?? 0),
      type: isUnknown ? pieceTypes.unknown : type,
    }
  }
  return pieces as Piece[]
}

/** Steps before the model that SigLIP's own preparation of texts makes superfluous, or that write spaces as U+2581. */
const otherSteps = ['Lowercase', 'Replace', 'Strip']

function rulesOf(json: Json, isUnigram: boolean, name: string): NormalizerRules {
  let charsmap = new Uint8Array()
  for (const step of stepsOf(json, 'normalizer', name)) {
    if (step.type === 'Precompiled') charsmap = base64(step.precompiled_charsmap, name)
    else if (!otherSteps.includes(String(step.type))) {
      throw otherTokenizer(name, kind, 'normalizer', step)
    }
  }
  const cuts = stepsOf(json, 'pre_tokenizer', name)
  const metaspace = cuts.find(({ type }) => type === 'Metaspace')
  const known = isUnigram ? ['WhitespaceSplit', 'Metaspace'] : ['Split']
  const unknown = cuts.find(({ type }) => !known.includes(String(type)))
  if (unknown || (isUnigram && !metaspace)) {
    throw otherTokenizer(name, kind, 'pre_tokenizer', unknown ?? json.pre_tokenizer)
  }
  const addSpace =
    metaspace !== undefined &&
    metaspace.prepend_scheme !== 'never' &&
    metaspace.add_prefix_space !== false
  return {
    charsmap,
    addSpace,
    spaceAfter: false,
    removeExtraSpaces: isUnigram,
    escapeSpaces: true,
  }
}

function base64(value: unknown, name: string): Uint8Array<ArrayBuffer> {
  const key = 'precompiled_charsmap'
  if (value === null) return new Uint8Array()
  if (typeof value !== 'string') throw wrongField(name, key, value)
  try {
    return Uint8Array.from(atob(value), (char) => char.charCodeAt(0))
  } catch (cause) {
    throw new FormatError(`${name} is damaged: its ${key} is not base64.`, { cause })
  }
}
