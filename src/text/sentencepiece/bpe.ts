import { mergePairs } from '../merge-pairs.ts'
import type { Part, Pieces } from './pieces.ts'
import type { PrefixMatcher } from './prefix-matcher.ts'

/** Byte-pair encoding as `bpe_model.cc` does it: the merge whose result has the best score first. */
export class BytePairs {
  readonly #pieces: Pieces
  readonly #symbols: PrefixMatcher

  /** @param symbols pieces that users defined, which are merged with nothing */
  constructor(pieces: Pieces, symbols: PrefixMatcher) {
    this.#pieces = pieces
    this.#symbols = symbols
  }

  split(text: string): Part[] {
    const fixed = new Set<number>()
    const parts = this.#characters(text, fixed)
    /** What unused pieces were merged of. */
    const halves = new Map<string, readonly [string, string]>()
    const whole = mergePairs(parts, (one, other, left, right) => {
      if (fixed.has(left) || fixed.has(right)) return undefined
      const piece = this.#pieces.ordinary.get(one + other)
      if (piece === undefined) return undefined
      if (this.#pieces.isUnused(piece)) halves.set(one + other, [one, other])
      return -this.#pieces.all[piece]!.score
    })
    return whole.flatMap((text) => this.#parts(text, halves))
  }

  #characters(text: string, fixed: Set<number>): string[] {
    const parts: string[] = []
    for (let at = 0; at < text.length; ) {
      const symbol = this.#symbols.match(text, at)
      if (symbol > 0) fixed.add(parts.length)
      const length = symbol || (text.codePointAt(at)! > 0xffff ? 2 : 1)
      parts.push(text.slice(at, at + length))
      at += length
    }
    return parts
  }

  /** A piece, or, where it is unused, the pieces that it was merged of. */
  #parts(text: string, halves: ReadonlyMap<string, readonly [string, string]>): Part[] {
    const piece = this.#pieces.number(text)
    const both = this.#pieces.isUnused(piece) ? halves.get(text) : undefined
    return both ? both.flatMap((half) => this.#parts(half, halves)) : [[text, piece]]
  }
}
