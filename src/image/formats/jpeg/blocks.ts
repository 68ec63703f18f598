import { type Bits, type Code, NO_SYMBOL } from './bits.ts'

// The ways in which the 64 coefficients of a block are coded (ITU-T T.81, sections F.2 and G.2). The functions
// read past a block, keep what later scans depend on, and return whether the block was one.

/** Reads past a block of a scan; `block` is its number within its channel. */
export type ReadBlock = (bits: Bits, block: number) => boolean

/** The part of a channel's coefficients that a progressive scan codes, and the codes. */
export interface Band {
  readonly first: number
  readonly last: number
  readonly code: Code
  /** Which coefficients of a channel are not zero, one bit each, two words for each block. */
  readonly nonzero: Uint32Array
}

/** The longest difference of two DC coefficients, in bits. */
const MAX_DC_BITS = 15

/** All coefficients. */
export const sequential =
  (dc: Code, ac: Code): ReadBlock =>
  (bits) => {
    if (!readDC(bits, dc)) return false
    for (let k = 1; k < 64; k++) {
      const symbol = bits.symbol(ac)
      const size = symbol & 15
      if (size > 0) {
        k += symbol >> 4
        if (k > 63) return false
        bits.skip(size)
      } else {
        if (symbol !== 0xf0) return symbol === 0
        k += 15
      }
    }
    return true
  }

/** The upper bits of the first coefficient. */
export const firstOfDC =
  (dc: Code): ReadBlock =>
  (bits) =>
    readDC(bits, dc)

/** One more bit of the first coefficient. */
export const moreOfDC: ReadBlock = (bits) => {
  bits.skip(1)
  return true
}

function readDC(bits: Bits, dc: Code): boolean {
  const size = bits.symbol(dc)
  bits.skip(size)
  return size <= MAX_DC_BITS
}

/** How many blocks of a scan have no more coefficients, the current one included; 0 at each restart. */
export interface EndRun {
  blocks: number
}

/** The upper bits of other coefficients. */
export const firstOfAC =
  ({ first, last, code, nonzero }: Band, run: EndRun): ReadBlock =>
  (bits, block) => {
    if (run.blocks > 0) {
      run.blocks--
      return true
    }
    for (let k = first; k <= last; k++) {
      const symbol = bits.symbol(code)
      if (symbol === NO_SYMBOL) return false
      const size = symbol & 15
      const zeros = symbol >> 4
      if (size > 0) {
        k += zeros
        if (k > last) return false
        bits.skip(size)
        nonzero[2 * block + (k >> 5)]! |= 1 << (k & 31)
      } else if (zeros === 15) {
        k += 15
      } else {
        run.blocks = 2 ** zeros + bits.read(zeros) - 1
        return true
      }
    }
    return true
  }

/** One more bit of other coefficients: of those that are not zero yet, and those that no longer are. */
export const moreOfAC =
  ({ first, last, code, nonzero }: Band, run: EndRun): ReadBlock =>
  (bits, block) => {
    const low = nonzero[2 * block]!
    const high = nonzero[2 * block + 1]!
    let k = first
    /** Reads past nonzero coefficients, up to a zero that has so many others before it. */
    const pass = (zeros: number) => {
      let passed = 0
      for (; k <= last; k++) {
        const isZero = (((k < 32 ? low : high) >>> (k & 31)) & 1) === 0
        if (!isZero) passed++
        else if (--zeros < 0) break
      }
      bits.skip(passed)
    }
    for (; run.blocks === 0 && k <= last; k++) {
      const symbol = bits.symbol(code)
      const size = symbol & 15
      const zeros = symbol >> 4
      if (symbol === NO_SYMBOL || size > 1) return false
      if (size === 0 && zeros < 15) {
        run.blocks = 2 ** zeros + bits.read(zeros)
        break
      }
      bits.skip(size)
      pass(zeros)
      if (size === 0) continue
      if (k > last) return false
      nonzero[2 * block + (k >> 5)]! |= 1 << (k & 31)
    }
    if (run.blocks > 0) {
      bits.skip(ones(low & within(k, last)) + ones(high & within(k - 32, last - 32)))
      run.blocks--
    }
    return true
  }

/** A word with the bits from one to another, both included; either may lie outside. */
const within = (from: number, to: number) =>
  to < 0 || from > 31 || from > to
    ? 0
    : (-1 << Math.max(0, from)) & (-1 >>> (31 - Math.min(31, to)))

/** How many bits of a word are 1. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
