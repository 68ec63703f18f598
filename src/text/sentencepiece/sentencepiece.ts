import type { Tokenizer } from '../tokenizer.ts'
import { SentencePieceModel } from './model.ts'
import { type ModelFile, readModelFile } from './model-file.ts'

/**
 * sentencepiece as LiT uses it: the pieces, then the end of a text, which also fills up short texts and is the last
 * token of every text.
 */
export class SentencePieceTokenizer implements Tokenizer {
  readonly kind = 'sentencepiece'
  readonly size: number
  readonly padding: number
  readonly #model: SentencePieceModel

  /**
   * @param name the file's, for messages
   * @throws FormatError where the pieces are not what a model needs
   */
  constructor(file: ModelFile, name: string) {
    this.#model = new SentencePieceModel(file, name)
    this.size = this.#model.pieces.all.length
    this.padding = this.#model.pieces.end
  }

  pieces(text: string): string[] {
    return this.#model.split(text).map(([piece]) => piece)
  }

  encode(text: string, maxLength: number): Int32Array {
    const tokens = new Int32Array(maxLength).fill(this.padding)
    const numbers = this.#model.split(text).map(([, number]) => number)
    tokens.set(numbers.slice(0, maxLength - 1))
    return tokens
  }
}

/**
 * @param bytes a `.model` file
 * @throws FormatError for another file; UnsupportedError for a model that splits into words or characters
 */
export const readSentencePiece = (bytes: Uint8Array, name: string) =>
  new SentencePieceTokenizer(readModelFile(bytes, name), name)
