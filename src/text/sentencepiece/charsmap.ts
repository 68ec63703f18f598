import { FormatError } from '../../errors.ts'

/** What the beginning of a text becomes, and how many bytes of it that uses up. */
export interface Mapped {
  readonly bytes: Uint8Array
  readonly length: number
}

/**
 * The rules for characters of a model of sentencepiece (`precompiled_charsmap`): a trie over the bytes of UTF-8, and
 * the texts that its leaves stand for. The trie is a double array as Darts-clone writes it: a unit of 32 bits has a
 * label (bits 0 to 7), whether a leaf follows (bit 8), and the offset of its children (bits 10 and up, times 256 where
 * bit 9 is set); a leaf's value is its lower 31 bits.
 */
export class Charsmap {
  readonly #units: Uint32Array
  readonly #texts: Uint8Array

  /** @throws FormatError where the sizes contradict each other */
  constructor(blob: Uint8Array, name: string) {
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
    const size = blob.length < 4 ? 0 : view.getUint32(0, true)
    if (size === 0 || size % 4 !== 0 || size > blob.length - 4) {
      throw new FormatError(`${name} has damaged rules for characters (precompiled_charsmap).`)
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true))
    this.#texts = blob.subarray(4 + size)
  }

  /** The rule for the longest beginning of `text` from `from` on; undefined where there is none. */
  match(text: Uint8Array, from: number): Mapped | undefined {
    const units = this.#units
    let node = offset(units[0]!)
    let found: Mapped | undefined
    for (let at = from; at < text.length; at++) {
      node ^= text[at]!
      const unit = units[node]
      // A leaf has its highest bit set, which no label has.
      if (unit === undefined || (unit & 0x8000_00ff) >>> 0 !== text[at]) break
      node ^= offset(unit)
      const leaf = units[node]
      if (unit & 0x100 && leaf !== undefined) {
        found = { bytes: this.#text(leaf & 0x7fff_ffff), length: at + 1 - from }
      }
    }
    return found
  }

  /** Texts end with a zero. */
  #text(from: number): Uint8Array {
    const end = this.#texts.indexOf(0, from)
    return this.#texts.subarray(from, end < 0 ? undefined : end)
  }
}

const offset = (unit: number) => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0
