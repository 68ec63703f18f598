import { FormatError } from '../../errors.ts'
import { byteCharacters } from './byte-alphabet.ts'

/** What ends a word in CLIP's pieces. */
export const wordEnd = '</w>'

/** Pieces and merges of a byte-level BPE. */
export interface BpeVocabulary {
  readonly numbers: ReadonlyMap<string, number>
  /** The pieces by their numbers. */
  readonly pieces: readonly string[]
  /** Ranks of merges by the two pieces with a space between. */
  readonly ranks: ReadonlyMap<string, number>
  /** Numbers of the marks that begin and end each text. */
  readonly start: number
  readonly end: number
}

/** A vocabulary as files have it. */
export interface BpeParts {
  readonly numbers: ReadonlyMap<string, number>
  /** Two pieces with a space between, in the order of the merges. */
  readonly merges: readonly string[]
  readonly startPiece: string
  readonly endPiece: string
}

/**
 * @param name of the file, for messages
 * @throws FormatError where the parts don't fit together
 */
export function bpeVocabulary(parts: BpeParts, name: string): BpeVocabulary {
  const { numbers, merges, startPiece, endPiece } = parts
  const pieces = new Array<string | undefined>(numbers.size).fill(undefined)
  for (const [piece, number] of numbers) {
    const isFree = Number.isInteger(number) && number >= 0 && pieces[number] === undefined
    if (!isFree || number >= numbers.size) {
      throw damaged(
        name,
        `the piece ${JSON.stringify(piece)} has the number ${number}, and ${numbers.size} pieces have the numbers from 0 to ${numbers.size - 1}`,
      )
    }
    pieces[number] = piece
  }
  const has = (piece: string) => numbers.has(piece)
  for (const character of byteCharacters) {
    const missing = [character, character + wordEnd].find((piece) => !has(piece))
    if (missing !== undefined) {
      throw damaged(
        name,
        `there is no piece ${JSON.stringify(missing)}, and every byte needs one inside of a word and one at its end`,
      )
    }
  }
  const ranks = new Map<string, number>()
  for (const merge of merges) {
    const space = merge.indexOf(' ')
    const [one, other] = [merge.slice(0, space), merge.slice(space + 1)]
    const unknown = [one, other, one + other].find((piece) => !has(piece))
    if (space <= 0 || unknown !== undefined || ranks.has(merge)) {
      const problem = ranks.has(merge) ? 'is there twice' : 'names a piece that is not there'
      throw damaged(name, `the merge ${ranks.size}, ${JSON.stringify(merge)}, ${problem}`)
    }
    ranks.set(merge, ranks.size)
  }
  for (const mark of [startPiece, endPiece]) {
    if (!has(mark)) {
      throw damaged(name, `there is no piece ${JSON.stringify(mark)}, which marks texts`)
    }
  }
  return {
    numbers,
    pieces: pieces as string[],
    ranks,
    start: numbers.get(startPiece)!,
    end: numbers.get(endPiece)!,
  }
}

const damaged = (name: string, problem: string) =>
  new FormatError(`${name} is no vocabulary of CLIP, or is damaged: ${problem}.`)
