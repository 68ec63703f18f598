import { FormatError, UnsupportedError } from '../../errors.ts'
import { protobufFields } from './protobuf.ts'

/** What a piece is (`ModelProto.SentencePiece.Type`). */
export const pieceTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const

export interface Piece {
  readonly text: string
  /** An f32; for unigram models the logarithm of a probability, for BPE the negative order of its merge. */
  readonly score: number
  readonly type: number
}

/** What a `.model` file of sentencepiece says, as far as it decides how a text is split. */
export interface ModelFile {
  readonly type: 'unigram' | 'bpe'
  /** In the order of their numbers. */
  readonly pieces: readonly Piece[]
  /** Whether what has no piece becomes pieces of its bytes. */
  readonly byteFallback: boolean
  readonly endPiece: string
  readonly normalizer: NormalizerRules
}

export interface NormalizerRules {
  /** Rules for characters: a trie and the texts that they become; empty for none. */
  readonly charsmap: Uint8Array
  /** Whether a text begins (or ends, with `spaceAfter`) with a space that it does not have. */
  readonly addSpace: boolean
  readonly spaceAfter: boolean
  /** Whether spaces at both ends go, and several are one. */
  readonly removeExtraSpaces: boolean
  /** Whether a space is written as U+2581. */
  readonly escapeSpaces: boolean
}

/** The kinds of models by their numbers (`TrainerSpec.ModelType`). */
const modelTypes: Readonly<Record<number, string>> = {
  1: 'unigram',
  2: 'bpe',
  3: 'word',
  4: 'char',
}

/**
 * Reads a `.model` file (`sentencepiece_model.proto`).
 * @throws FormatError for another file, UnsupportedError for a kind of model that is not run here
 */
export function readModelFile(bytes: Uint8Array, name: string): ModelFile {
  const pieces: Piece[] = []
  const trainer = { type: 1, byteFallback: 0, spaceAfter: 0, endPiece: '</s>' }
  const rules = { charsmap: new Uint8Array(), addSpace: 1, removeExtraSpaces: 1, escapeSpaces: 1 }
  for (const { number, value } of protobufFields(bytes, name)) {
    if (number === 1) pieces.push(readPiece(message(value, name), name))
    if (number === 2) {
      for (const field of protobufFields(message(value, name), name)) {
        if (field.number === 3) trainer.type = whole(field.value, name)
        if (field.number === 24) trainer.spaceAfter = whole(field.value, name)
        if (field.number === 35) trainer.byteFallback = whole(field.value, name)
        if (field.number === 47) trainer.endPiece = text(field.value, name)
      }
    }
    if (number === 3) {
      for (const field of protobufFields(message(value, name), name)) {
        if (field.number === 2) rules.charsmap = message(field.value, name).slice()
        if (field.number === 3) rules.addSpace = whole(field.value, name)
        if (field.number === 4) rules.removeExtraSpaces = whole(field.value, name)
        if (field.number === 5) rules.escapeSpaces = whole(field.value, name)
      }
    }
  }
  if (pieces.length === 0)
    throw new FormatError(`${name} is no model of sentencepiece: it has no pieces.`)
  const type = modelTypes[trainer.type]
  if (type !== 'unigram' && type !== 'bpe') {
    throw new UnsupportedError(
      `${name} is a model of sentencepiece of the kind ${type ?? trainer.type}; unigram and bpe are run.`,
    )
  }
  return {
    type,
    pieces,
    byteFallback: trainer.byteFallback !== 0,
    endPiece: trainer.endPiece,
    normalizer: {
      charsmap: rules.charsmap,
      addSpace: rules.addSpace !== 0,
      spaceAfter: trainer.spaceAfter !== 0,
      removeExtraSpaces: rules.removeExtraSpaces !== 0,
      escapeSpaces: rules.escapeSpaces !== 0,
    },
  }
}

const bits = new DataView(new ArrayBuffer(4))

function readPiece(bytes: Uint8Array, name: string): Piece {
  const piece = { text: '', score: 0, type: pieceTypes.normal as number }
  for (const { number, value } of protobufFields(bytes, name)) {
    if (number === 1) piece.text = text(value, name)
    if (number === 2) {
      bits.setUint32(0, whole(value, name))
      piece.score = bits.getFloat32(0)
    }
    if (number === 3) piece.type = whole(value, name)
  }
  if (piece.text !== '' && !Number.isNaN(piece.score)) return piece
  throw new FormatError(
    `${name} is no model of sentencepiece, or is damaged: it has a piece without text or score.`,
  )
}

const wrongField = (name: string) =>
  new FormatError(`${name} is no model of sentencepiece: a field has another type.`)

function message(value: number | Uint8Array, name: string): Uint8Array {
  if (typeof value === 'number') throw wrongField(name)
  return value
}

function whole(value: number | Uint8Array, name: string): number {
  if (typeof value !== 'number') throw wrongField(name)
  return value
}

function text(value: number | Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message(value, name))
  } catch (cause) {
    throw new FormatError(`${name} has a piece that is not UTF-8.`, { cause })
  }
}
