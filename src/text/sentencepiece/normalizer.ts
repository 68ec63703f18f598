import { wellFormed } from '../tokenizer.ts'
import { Charsmap } from './charsmap.ts'
import type { NormalizerRules } from './model-file.ts'
import type { PrefixMatcher } from './prefix-matcher.ts'

/** Prepares texts as a model of sentencepiece wants them (`normalizer.cc`). */
export class Normalizer {
  readonly #rules: NormalizerRules
  readonly #charsmap: Charsmap | undefined
  readonly #symbols: PrefixMatcher

  /** @param symbols pieces that users defined, which no rule changes */
  constructor(rules: NormalizerRules, symbols: PrefixMatcher, name: string) {
    this.#rules = rules
    this.#charsmap = rules.charsmap.length > 0 ? new Charsmap(rules.charsmap, name) : undefined
    this.#symbols = symbols
  }

  /** @param addSpace whether the text gets the space that it does not have, where the model adds one */
  normalize(text: string, addSpace = this.#rules.addSpace): string {
    const { spaceAfter, removeExtraSpaces, escapeSpaces } = this.#rules
    const parts = this.#parts(wellFormed(text))
    const first = removeExtraSpaces ? parts.findIndex((part) => part !== ' ') : 0
    if (first < 0 || parts.length === 0) return ''
    const space = escapeSpaces ? '\u2581' : ' '
    let result = addSpace && !spaceAfter ? space : ''
    let afterSpace = removeExtraSpaces
    for (const part of parts.slice(first)) {
      const kept = afterSpace ? part.replace(/^ +/, '') : part
      if (kept === '') continue
      result += kept.replaceAll(' ', space)
      afterSpace = removeExtraSpaces && kept.endsWith(' ')
    }
    if (removeExtraSpaces) while (result.endsWith(space)) result = result.slice(0, -1)
    return addSpace && spaceAfter ? result + space : result
  }

  /** What each character, or run of characters that has a rule, becomes. */
  #parts(text: string): string[] {
    const bytes = this.#charsmap ? new TextEncoder().encode(text) : undefined
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const parts: string[] = []
    let byte = 0
    for (let at = 0; at < text.length; ) {
      const symbol = this.#symbols.match(text, at)
      const mapped = symbol === 0 ? bytes && this.#charsmap!.match(bytes, byte) : undefined
      const from = at
      const until = byte + (mapped?.length ?? 1)
      do {
        const code = text.codePointAt(at)!
        at += code > 0xffff ? 2 : 1
        byte += utf8Length(code)
      } while (at < from + symbol || byte < until)
      parts.push(mapped ? decoder.decode(mapped.bytes) : text.slice(from, at))
    }
    return parts
  }
}

const utf8Length = (code: number) => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4)
