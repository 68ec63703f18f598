import { Heap } from './heap.ts'
import type { Part, Pieces } from './pieces.ts'
import type { PrefixMatcher } from './prefix-matcher.ts'

/** A run of the text, which grows by merges; those that were merged into their left neighbour are empty. */
interface Symbol {
  text: string
  left: number
  right: number
  /** A piece that users defined, which is merged with nothing. */
  readonly isFixed: boolean
}

/** A merge of two neighbours that is possible, unless one of them has changed by then. */
interface Merge {
  readonly left: number
  readonly right: number
  readonly score: number
  readonly text: string
}

/** Byte-pair encoding (Sennrich et al. 2016) as `bpe_model.cc` does it: the best merge first, the leftmost of equals. */
export class BytePairs {
  readonly #pieces: Pieces
  readonly #symbols: PrefixMatcher

  /** @param symbols pieces that users defined */
  constructor(pieces: Pieces, symbols: PrefixMatcher) {
    this.#pieces = pieces
    this.#symbols = symbols
  }

  split(text: string): Part[] {
    const symbols = this.#characters(text)
    const merges = new Heap<Merge>((a, b) => b.score - a.score || a.left - b.left)
    /** What unused pieces were merged of. */
    const halves = new Map<string, readonly [string, string]>()
    const offer = (left: number, right: number) => {
      const [one, other] = [symbols[left], symbols[right]]
      if (!one || !other || one.isFixed || other.isFixed) return
      const text = one.text + other.text
      const piece = this.#pieces.ordinary.get(text)
      if (piece === undefined) return
      merges.push({ left, right, score: this.#pieces.all[piece]!.score, text })
      if (this.#pieces.isUnused(piece)) halves.set(text, [one.text, other.text])
    }
    for (let i = 1; i < symbols.length; i++) offer(i - 1, i)
    for (let merge = merges.pop(); merge; merge = merges.pop()) {
      const one = symbols[merge.left]!
      const other = symbols[merge.right]!
      const isStale = one.text === '' || other.text === '' || one.text + other.text !== merge.text
      if (isStale) continue
      one.text = merge.text
      other.text = ''
      one.right = other.right
      const next = symbols[other.right]
      if (next) next.left = merge.left
      offer(one.left, merge.left)
      offer(merge.left, one.right)
    }
    const whole = symbols.filter(({ text }) => text !== '')
    return whole.flatMap(({ text }) => this.#parts(text, halves))
  }

  #characters(text: string): Symbol[] {
    const symbols: Symbol[] = []
    for (let at = 0; at < text.length; ) {
      const fixed = this.#symbols.match(text, at)
      const length = fixed || (text.codePointAt(at)! > 0xffff ? 2 : 1)
      const index = symbols.length
      const part = text.slice(at, at + length)
      symbols.push({ text: part, left: index - 1, right: index + 1, isFixed: fixed > 0 })
      at += length
    }
    return symbols
  }

  /** A piece, or, where it is unused, the pieces that it was merged of. */
  #parts(text: string, halves: ReadonlyMap<string, readonly [string, string]>): Part[] {
    const piece = this.#pieces.number(text)
    const both = this.#pieces.isUnused(piece) ? halves.get(text) : undefined
    return both ? both.flatMap((half) => this.#parts(half, halves)) : [[text, piece]]
  }
}
