import type { Tokenizer } from '../tokenizer.ts'
import { BytePairs } from './bpe.ts'
import { type ModelFile, readModelFile } from './model-file.ts'
import { Normalizer } from './normalizer.ts'
import { byteName, type Part, Pieces } from './pieces.ts'
import { PrefixMatcher } from './prefix-matcher.ts'
import { Unigram } from './unigram.ts'

/**
 * sentencepiece (Kudo and Richardson 2018) as LiT uses it: the pieces, then the end of a text, which also fills up
 * short texts and is the last token of every text.
 */
export class SentencePieceTokenizer implements Tokenizer {
  readonly kind = 'sentencepiece'
  readonly size: number
  readonly padding: number
  readonly #pieces: Pieces
  readonly #normalizer: Normalizer
  readonly #model: { split(text: string): Part[] }
  readonly #byteFallback: boolean

  /**
   * @param name the file's, for messages
   * @throws FormatError where the pieces are not what a model needs
   */
  constructor(file: ModelFile, name: string) {
    const pieces = new Pieces(file, name)
    const symbols = new PrefixMatcher(pieces.userDefined())
    this.#pieces = pieces
    this.#normalizer = new Normalizer(file.normalizer, symbols, name)
    this.#model = file.type === 'unigram' ? new Unigram(pieces) : new BytePairs(pieces, symbols)
    this.#byteFallback = file.byteFallback
    this.size = pieces.all.length
    this.padding = pieces.end
  }

  pieces(text: string): string[] {
    return this.#split(text).map(([piece]) => piece)
  }

  encode(text: string, maxLength: number): Int32Array {
    const tokens = new Int32Array(maxLength).fill(this.padding)
    tokens.set(
      this.#split(text)
        .slice(0, maxLength - 1)
        .map(([, number]) => number),
    )
    return tokens
  }

  /** A run of unknown pieces is one unknown piece; where there are pieces for bytes, it is those of its bytes. */
  #split(text: string): Part[] {
    const normalized = this.#normalizer.normalize(text)
    const { unknown, reserved } = this.#pieces
    const parts: Part[] = []
    for (const [piece, number] of this.#model.split(normalized)) {
      const last = parts.at(-1)
      if (number !== unknown) parts.push([piece, number])
      else if (this.#byteFallback) {
        const names = Array.from(new TextEncoder().encode(piece), byteName)
        parts.push(...names.map((name): Part => [name, reserved.get(name)!]))
      } else if (last?.[1] === unknown) parts[parts.length - 1] = [last[0] + piece, unknown]
      else parts.push([piece, unknown])
    }
    return parts
  }
}

/**
 * @param bytes a `.model` file
 * @throws FormatError for another file; UnsupportedError for a model that splits into words or characters
 */
export const readSentencePiece = (bytes: Uint8Array, name: string) =>
  new SentencePieceTokenizer(readModelFile(bytes, name), name)
