/** Multipliers and key increments of Philox 4x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"). */
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const
const INCREMENTS = [0x9e3779b9, 0xbb67ae85] as const
const ROUNDS = 10

export type Counter = readonly [number, number, number, number]
export type Key = readonly [number, number]

/** The upper 32 bits of a product of two words. */
function productHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 2 ** 16) + Math.floor(carry / 2 ** 16)) >>> 0
}

/**
 * Philox 4x32-10: four random words, a function of a counter and a key alone, so that any number of a sequence can be
 * had without those before it.
 * @param counter four words, from 0 to 2^32 - 1
 */
export function philox(counter: Counter, key: Key): [number, number, number, number] {
  let [a, b, c, d] = counter
  let [k0, k1] = key
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, low0] = [productHigh(MULTIPLIERS[0], a), Math.imul(MULTIPLIERS[0], a)]
    const [high1, low1] = [productHigh(MULTIPLIERS[1], c), Math.imul(MULTIPLIERS[1], c)]
    a = (high1 ^ b ^ k0) >>> 0
    b = low1 >>> 0
    c = (high0 ^ d ^ k1) >>> 0
    d = low0 >>> 0
    k0 = (k0 + INCREMENTS[0]) >>> 0
    k1 = (k1 + INCREMENTS[1]) >>> 0
  }
  return [a, b, c, d]
}
