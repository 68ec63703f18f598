import { type Piece, pieceTypes } from './model-file.ts'
import type { Part, Pieces } from './pieces.ts'

/** How much less probable the unknown piece is than the least probable piece: `kUnkPenalty`. */
const unknownPenalty = 10

/** The smallest normal f32, with which the search for the largest score begins (`FLT_MIN`). */
const least = 2 ** -126

/** The best way to a place of a text. */
interface Step {
  /** An f32. */
  readonly score: number
  readonly from: number
  readonly piece: number
}

/**
 * The most probable pieces of a text (Kudo 2018), found with Viterbi's algorithm in f32 as `unigram_model.cc`
 * (`EncodeOptimized`) does it, so that pieces of nearly equal probability are chosen alike.
 */
export class Unigram {
  readonly #pieces: Pieces
  readonly #longest: number
  readonly #unknownScore: number
  readonly #largestScore: number

  constructor(pieces: Pieces) {
    this.#pieces = pieces
    const scores = pieces.all
      .filter(({ type }) => type === pieceTypes.normal)
      .map(({ score }) => score)
    this.#unknownScore = Math.fround(
      scores.reduce((one, other) => Math.min(one, other), Number.MAX_VALUE) - unknownPenalty,
    )
    this.#largestScore = scores.reduce((one, other) => Math.max(one, other), least)
    this.#longest = [...pieces.ordinary.keys()].reduce(
      (most, { length }) => Math.max(most, length),
      0,
    )
  }

  split(text: string): Part[] {
    const steps = new Array<Step | undefined>(text.length + 1)
    const offer = (to: number, step: Step) => {
      const known = steps[to]
      // Not yet rounded, as in C++, where it is a double.
      if (!known || step.score > known.score)
        steps[to] = { ...step, score: Math.fround(step.score) }
    }
    for (let from = 0; from < text.length; ) {
      const { score } = steps[from] ?? { score: 0 }
      const next = from + (text.codePointAt(from)! > 0xffff ? 2 : 1)
      let hasCharacter = false
      for (let to = next; to <= Math.min(text.length, from + this.#longest); to++) {
        const piece = this.#pieces.ordinary.get(text.slice(from, to))
        if (piece === undefined || this.#pieces.isUnused(piece)) continue
        offer(to, { score: this.#scoreOf(this.#pieces.all[piece]!) + score, from, piece })
        hasCharacter ||= to === next
      }
      if (!hasCharacter) {
        const piece = this.#pieces.unknown
        offer(next, { score: Math.fround(this.#unknownScore + score), from, piece })
      }
      from = next
    }
    const parts: Part[] = []
    for (let to = text.length; to > 0; ) {
      const { from, piece } = steps[to]!
      parts.push([text.slice(from, to), piece])
      to = from
    }
    return parts.reverse()
  }

  /** What users defined is always chosen. */
  #scoreOf({ text, score, type }: Piece): number {
    if (type !== pieceTypes.userDefined) return score
    const bytes = new TextEncoder().encode(text).length
    return Math.fround(bytes * this.#largestScore) - 0.1
  }
}
