import { FormatError } from '../../errors.ts'
import { type ModelFile, type Piece, pieceTypes } from './model-file.ts'

/** A part of a text and the number of its piece. */
export type Part = readonly [text: string, number: number]

/** The pieces of a model by what they are for. */
export class Pieces {
  readonly all: readonly Piece[]
  /** Numbers of pieces that texts are made of. */
  readonly ordinary: ReadonlyMap<string, number>
  /** Numbers of pieces with a meaning: the end of a text, the unknown piece, bytes. */
  readonly reserved: ReadonlyMap<string, number>
  readonly unknown: number
  readonly end: number

  /** @throws FormatError where a piece is missing, or is there twice */
  constructor({ pieces, byteFallback, endPiece }: ModelFile, name: string) {
    const ordinary = new Map<string, number>()
    const reserved = new Map<string, number>()
    const unknowns: number[] = []
    pieces.forEach(({ text, type }, number) => {
      if (ordinary.has(text) || reserved.has(text)) {
        throw new FormatError(`${name} has the piece ${JSON.stringify(text)} twice.`)
      }
      const { normal, userDefined, unused, unknown } = pieceTypes
      const isOrdinary = type === normal || type === userDefined || type === unused
      if (isOrdinary) ordinary.set(text, number)
      else reserved.set(text, number)
      if (type === unknown) unknowns.push(number)
    })
    if (unknowns.length !== 1) {
      throw new FormatError(
        `${name} has ${unknowns.length} pieces for what is unknown; it must have one.`,
      )
    }
    const end = reserved.get(endPiece)
    if (end === undefined || pieces[end]!.type !== pieceTypes.control) {
      throw new FormatError(
        `${name} has no piece ${JSON.stringify(endPiece)} for the end of a text, which the text tower needs.`,
      )
    }
    const bytes = Array.from({ length: 256 }, (_, byte) => byteName(byte))
    if (byteFallback && !bytes.every((byte) => isByte(pieces[reserved.get(byte)!]))) {
      throw new FormatError(`${name} falls back to bytes and has not a piece for each.`)
    }
    this.all = pieces
    this.ordinary = ordinary
    this.reserved = reserved
    this.unknown = unknowns[0]!
    this.end = end
  }

  /** The number of a piece, or that of the unknown piece. */
  number(text: string): number {
    return this.reserved.get(text) ?? this.ordinary.get(text) ?? this.unknown
  }

  isUnused = (number: number) => this.all[number]!.type === pieceTypes.unused

  /** What users want to be one piece wherever it is. */
  userDefined(): string[] {
    return this.all.filter(({ type }) => type === pieceTypes.userDefined).map(({ text }) => text)
  }
}

const isByte = (piece: Piece | undefined) => piece?.type === pieceTypes.byte

/** The name of the piece for a byte: `<0x0A>`. */
export const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
