import { FormatError } from '../../errors.ts'
import { SentencePieceModel } from '../sentencepiece/model.ts'
import { type ModelFile, pieceTypes } from '../sentencepiece/model-file.ts'
import type { Part } from '../sentencepiece/pieces.ts'
import { type Tokenizer, wellFormed } from '../tokenizer.ts'
import type { SigLipRules } from './rules.ts'

/**
 * sentencepiece as SigLIP uses it: the pieces of a text, its end, and always filled up to the whole length, since the
 * text tower reads its last position and all positions see each other. SigLIP 1 fills up with the end of a text,
 * SigLIP 2 (Gemma's pieces) with `<pad>`.
 */
export class SigLipTokenizer implements Tokenizer {
  readonly kind = 'sentencepiece'
  readonly size: number
  readonly padding: number
  /** The piece whose number `padding` is. */
  readonly paddingPiece: string
  readonly #model: SentencePieceModel
  readonly #rules: SigLipRules
  /** Numbers of pieces that are marks also inside a text. */
  readonly #marks: ReadonlyMap<string, number>
  readonly #cut: RegExp

  /**
   * @param name the file's, for messages
   * @throws FormatError where the pieces are not what a model needs
   */
  constructor(file: ModelFile, rules: SigLipRules, name: string) {
    const model = new SentencePieceModel(file, name)
    const { all, reserved, end, unknown } = model.pieces
    this.#model = model
    this.#rules = rules
    this.size = all.length
    this.padding = file.type === 'bpe' ? requirePadding(model, name) : end
    this.paddingPiece = all[this.padding]!.text
    const words = new Set([end, unknown, this.padding])
    const starts = file.type === 'bpe' ? reserved.get('<bos>') : undefined
    if (starts !== undefined) words.add(starts)
    this.#marks = new Map(Array.from(words, (number) => [all[number]!.text, number]))
    const texts = [...this.#marks.keys()].map((text) => text.replace(/[^\w\s]/g, '\\$&'))
    this.#cut = new RegExp(`(${texts.join('|')})`)
  }

  pieces(text: string): string[] {
    return this.#split(text).map(([piece]) => piece)
  }

  encode(text: string, maxLength: number): Int32Array {
    const tokens = new Int32Array(maxLength).fill(this.padding)
    const numbers = this.#split(text).map(([, number]) => number)
    const kept = numbers.slice(0, maxLength - 1)
    tokens.set([...kept, this.#model.pieces.end])
    return tokens
  }

  #split(text: string): Part[] {
    const whole = wellFormed(text)
    const { clean, readsMarks } = this.#rules
    if (!readsMarks) return this.#model.split(clean(whole))
    return whole.split(this.#cut).flatMap((run, i) => {
      const mark = this.#marks.get(run)
      return mark === undefined ? this.#model.split(clean(run), i > 0) : [[run, mark] as const]
    })
  }
}

function requirePadding({ pieces }: SentencePieceModel, name: string): number {
  const padding = pieces.reserved.get('<pad>')
  if (padding !== undefined && pieces.all[padding]!.type === pieceTypes.control) return padding
  throw new FormatError(`${name} has no piece "<pad>", which fills up SigLIP 2's short texts.`)
}
