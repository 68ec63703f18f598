import { BytePairs } from './bpe.ts'
import type { ModelFile } from './model-file.ts'
import { Normalizer } from './normalizer.ts'
import { byteName, type Part, Pieces } from './pieces.ts'
import { PrefixMatcher } from './prefix-matcher.ts'
import { Unigram } from './unigram.ts'

/** A model of sentencepiece (Kudo and Richardson 2018), which splits texts into pieces. */
export class SentencePieceModel {
  readonly pieces: Pieces
  readonly type: ModelFile['type']
  readonly #normalizer: Normalizer
  readonly #model: { split(text: string): Part[] }
  readonly #byteFallback: boolean
  readonly #addSpace: boolean

  /**
   * @param name the file's, for messages
   * @throws FormatError where the pieces are not what a model needs
   */
  constructor(file: ModelFile, name: string) {
    const pieces = new Pieces(file, name)
    const symbols = new PrefixMatcher(pieces.userDefined())
    this.pieces = pieces
    this.type = file.type
    this.#normalizer = new Normalizer(file.normalizer, symbols, name)
    this.#model = file.type === 'unigram' ? new Unigram(pieces) : new BytePairs(pieces, symbols)
    this.#byteFallback = file.byteFallback
    this.#addSpace = file.normalizer.addSpace
  }

  /**
   * A run of unknown pieces is one unknown piece; where there are pieces for bytes, it is those of its bytes.
   * @param continues whether the text is the rest of one, which begins with no space of its own
   */
  split(text: string, continues = false): Part[] {
    const normalized = this.#normalizer.normalize(text, this.#addSpace && !continues)
    const { unknown, reserved } = this.pieces
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
