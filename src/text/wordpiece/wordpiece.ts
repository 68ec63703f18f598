import { FormatError } from '../../errors.ts'
import { type Tokenizer, wellFormed } from '../tokenizer.ts'
import { wordsOf } from './words.ts'

/** A longer word, in bytes of UTF-8, is unknown as a whole. */
const maxBytes = 100

const classToken = '[CLS]'
const unknown = '[UNK]'

/**
 * BERT's word pieces as LiT uses them: `[CLS]`, then the pieces of the words, without `[SEP]`; filled up with 0.
 * @throws FormatError where the vocabulary has not the pieces that are needed
 */
export class WordPieceTokenizer implements Tokenizer {
  readonly kind = 'wordpiece'
  readonly size: number
  readonly padding = 0
  readonly #numbers: ReadonlyMap<string, number>
  readonly #class: number
  readonly #unknown: number
  /** In UTF-16 units, beyond which no piece need be looked for. */
  readonly #longest: number

  /**
   * @param pieces in the order of their numbers
   * @param name the file's, for messages
   */
  constructor(pieces: readonly string[], name: string) {
    const numbers = new Map(pieces.map((piece, number) => [piece, number]))
    if (numbers.size < pieces.length) {
      const twice = pieces.find((piece, number) => numbers.get(piece) !== number)
      throw new FormatError(`${name} has the piece ${JSON.stringify(twice)} twice.`)
    }
    if (pieces[0] !== '[PAD]') {
      throw new FormatError(
        `${name} is no vocabulary of BERT: its first line must be [PAD], the token 0 that fills up short texts, and is ${JSON.stringify(pieces[0]?.slice(0, 100) ?? '')}.`,
      )
    }
    const missing = [classToken, unknown].filter((piece) => !numbers.has(piece))
    if (missing.length > 0) {
      throw new FormatError(`${name} is no vocabulary of BERT: it has no ${missing.join(', ')}.`)
    }
    this.#numbers = numbers
    this.#class = numbers.get(classToken)!
    this.#unknown = numbers.get(unknown)!
    this.#longest = pieces.reduce((longest, { length }) => Math.max(longest, length), 0)
    this.size = pieces.length
  }

  pieces(text: string): string[] {
    return wordsOf(wellFormed(text)).flatMap((word) => this.#split(word) ?? unknown)
  }

  encode(text: string, maxLength: number): Int32Array {
    const tokens = new Int32Array(maxLength)
    const numbers = this.pieces(text).map((piece) => this.#numbers.get(piece) ?? this.#unknown)
    tokens.set([this.#class, ...numbers.slice(0, maxLength - 1)])
    return tokens
  }

  /** The longest piece first; undefined for a word that has a part without one. */
  #split(word: string): string[] | undefined {
    // A unit of UTF-16 is at least one byte of UTF-8.
    if (word.length > maxBytes || new TextEncoder().encode(word).length > maxBytes) return undefined
    const pieces: string[] = []
    for (let from = 0; from < word.length; ) {
      const prefix = from > 0 ? '##' : ''
      let to = Math.min(word.length, from + this.#longest)
      while (to > from && !this.#numbers.has(prefix + word.slice(from, to))) to--
      if (to === from) return undefined
      pieces.push(prefix + word.slice(from, to))
      from = to
    }
    return pieces
  }
}

/**
 * @param bytes a `vocab.txt`: UTF-8, a piece in each line
 * @throws FormatError for a file that is something else
 */
export function readWordPieces(bytes: Uint8Array, name: string): WordPieceTokenizer {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${name} is no vocabulary of BERT: it is not text in UTF-8.`, { cause })
  }
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return new WordPieceTokenizer(lines, name)
}
