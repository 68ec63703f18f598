import { allocate } from '../../allocate.ts'

/** The longest codes have 16 bits, and most have no more than 9. */
const LONGEST = 16
const SHORT = 9

/** A Huffman code. */
export interface Code {
  /** By the next 9 bits: 256 times the length plus the symbol, 0 for a longer code or none. */
  readonly short: Uint16Array
  readonly symbols: Uint8Array
  /** By length: the first 16 bits that are no code of that length or a shorter one. */
  readonly ends: Int32Array
  /** By length: what to add to a code of that length for the place of its symbol. */
  readonly offsets: Int32Array
}

/**
 * Reads the codes of a DHT segment (ITU-T T.81, section B.2.4.2) by their class and place, as scans name them.
 * @returns undefined if the segment is malformed
 */
export function readCodes(data: Uint8Array): Map<number, Code> | undefined {
  const codes = new Map<number, Code>()
  for (let at = 0; at < data.length; ) {
    const counts = data.subarray(at + 1, at + 1 + LONGEST)
    const count = counts.reduce((sum, count) => sum + count, 0)
    const symbols = data.subarray(at + 1 + LONGEST, at + 1 + LONGEST + count)
    const code = symbols.length === count && buildCode(counts, symbols)
    if (!code) return undefined
    codes.set(data[at]!, code)
    at += 1 + LONGEST + count
  }
  return codes
}

/** @param counts how many codes of each length there are, from 1 bit on */
function buildCode(counts: Uint8Array, symbols: Uint8Array): Code | undefined {
  const short = new Uint16Array(2 ** SHORT)
  const ends = new Int32Array(LONGEST + 1)
  const offsets = new Int32Array(LONGEST + 1)
  let end = 0
  let place = 0
  for (let length = 1; length <= LONGEST; length++) {
    const spare = LONGEST - length
    offsets[length] = place - (end >> spare)
    for (let i = 0; i < counts[length - 1]!; i++, place++, end += 2 ** spare) {
      const [from, to] = [end, end + 2 ** spare].map((bits) => bits >> (LONGEST - SHORT))
      if (length <= SHORT) short.fill((length << 8) | symbols[place]!, from, to)
    }
    ends[length] = end
  }
  return end > 2 ** LONGEST ? undefined : { short, symbols, ends, offsets }
}

/** The bits of entropy-coded data between two markers. */
export class Bits {
  readonly #file: Uint8Array
  /** The data without stuffed zeros, then zeros. */
  readonly #data: Uint8Array
  #at = 0
  #end = 0

  constructor(file: Uint8Array) {
    this.#file = file
    this.#data = allocate(file.length + 2)
  }

  /**
   * Takes the data from a place in the file to the next marker.
   * @returns the place of the marker's second byte
   */
  load(from: number): number {
    const file = this.#file
    const data = this.#data
    let at = from
    let length = 0
    for (; at < file.length; at++) {
      const byte = file[at]!
      if (byte === 0xff && file[++at] !== 0) break
      data[length++] = byte
    }
    data[length] = 0
    data[length + 1] = 0
    this.#at = 0
    this.#end = 8 * length
    return at
  }

  /** How many bits are left; negative if more were read than there are. */
  get left(): number {
    return this.#end - this.#at
  }

  skip(count: number): void {
    this.#at += count
  }

  /** At most 16 bits. */
  read(count: number): number {
    const value = this.#peek() >> (16 - count)
    this.#at += count
    return value
  }

  /** The next symbol, or `NO_SYMBOL`. */
  symbol(code: Code): number {
    const next = this.#peek()
    const entry = code.short[next >> (LONGEST - SHORT)]!
    if (entry === 0) return this.#longSymbol(code, next)
    this.#at += entry >> 8
    return entry & 255
  }

  #longSymbol({ symbols, ends, offsets }: Code, next: number): number {
    for (let length = SHORT + 1; length <= LONGEST; length++) {
      if (next >= ends[length]!) continue
      this.#at += length
      return symbols[offsets[length]! + (next >> (LONGEST - length))]!
    }
    return NO_SYMBOL
  }

  /** The next 16 bits. */
  #peek(): number {
    const data = this.#data
    const byte = this.#at >> 3
    const three = (data[byte]! << 16) | (data[byte + 1]! << 8) | data[byte + 2]!
    return (three >> (8 - (this.#at & 7))) & 0xffff
  }
}

/** No symbol is that large. */
export const NO_SYMBOL = 256
