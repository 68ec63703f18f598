import { mergePairs } from '../merge-pairs.ts'
import { type Tokenizer, wellFormed } from '../tokenizer.ts'
import { byteCharactersOf } from './byte-alphabet.ts'
import { type BpeVocabulary, wordEnd } from './vocabulary.ts'

/** A start or an end inside a text, or a word. */
export type Word = 'start' | 'end' | { readonly word: string }

/** How a library prepares texts: cleaned and cut into words, beginning with the first. */
export interface ClipRules {
  words(text: string): Iterable<Word>
  /** Fills up short texts where all must have one length. */
  readonly padding: 'end' | 0
}

/** Captions repeat their words. */
const keptWords = 1 << 14

/**
 * CLIP's byte-level BPE: the start of a text, the pieces of its words, its end. Texts are not filled up: the text tower
 * is causal, so nothing after the end counts.
 *
 * It is our own because the kept library (`@huggingface/tokenizers`) reads only `tokenizer.json`, takes merges of
 * unknown pieces without a word, lowers a final Σ differently from the reference, splits all of a text before it cuts
 * it, and would be a second BPE beside that of sentencepiece in what pages download.
 */
export class ClipTokenizer implements Tokenizer {
  readonly kind = 'bpe'
  readonly size: number
  readonly padding: number
  readonly #vocabulary: BpeVocabulary
  readonly #rules: ClipRules
  readonly #known = new Map<string, readonly number[]>()

  constructor(vocabulary: BpeVocabulary, rules: ClipRules) {
    this.#vocabulary = vocabulary
    this.#rules = rules
    this.size = vocabulary.pieces.length
    this.padding = rules.padding === 'end' ? vocabulary.end : rules.padding
  }

  pieces(text: string): string[] {
    return Array.from(this.#numbers(text)).map((number) => this.#vocabulary.pieces[number]!)
  }

  /** @returns from 2 to `maxLength` tokens; the last is always the end */
  encode(text: string, maxLength: number): Int32Array {
    const tokens = [this.#vocabulary.start]
    for (const number of this.#numbers(text)) {
      if (tokens.length >= maxLength - 1) break
      tokens.push(number)
    }
    return Int32Array.of(...tokens, this.#vocabulary.end)
  }

  *#numbers(text: string): Generator<number> {
    for (const word of this.#rules.words(wellFormed(text))) {
      if (typeof word === 'string') yield this.#vocabulary[word]
      else yield* this.#split(word.word)
    }
  }

  #split(word: string): readonly number[] {
    const known = this.#known.get(word)
    if (known) return known
    const { ranks, numbers } = this.#vocabulary
    const characters = byteCharactersOf(word)
    characters.push(characters.pop()! + wordEnd)
    const pieces = mergePairs(characters, (one, other) => ranks.get(`${one} ${other}`))
    const split = pieces.map((piece) => numbers.get(piece)!)
    if (this.#known.size < keptWords && word.length < 64) this.#known.set(word, split)
    return split
  }
}
