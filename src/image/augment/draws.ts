import { philox } from './philox.ts'

/** Gives the next random word, from 0 to 2^32 - 1. */
export type Next32 = () => number

/** What words are drawn for; each use has a sequence of its own. */
const USES = { picture: 0, order: 1, weights: 2 } as const

/**
 * Random words for a picture of an epoch. They depend on nothing else, so that a run that is resumed, or that has
 * another number of threads, draws the same.
 * @param seed a whole number from 0 to 2^53 - 1
 * @param epoch how often the data set was gone through before, from 0
 * @param index the picture's place in the data set
 */
export const drawsOf = (seed: number, epoch: number, index: number): Next32 =>
  sequence(seed, USES.picture, epoch, index)

/** Random words for the initial values of weights, the `index`-th of a model. */
export const weightDraws = (seed: number, index: number): Next32 =>
  sequence(seed, USES.weights, 0, index)

function sequence(seed: number, use: number, epoch: number, index: number): Next32 {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const
  let words: readonly number[] = []
  let drawn = 0
  return () => {
    const at = drawn % 4
    if (at === 0) words = philox([(drawn / 4) >>> 0, use, index >>> 0, epoch >>> 0], key)
    drawn++
    return words[at]!
  }
}

/** A whole number from 0 to `count - 1`, all equally likely: words that would favour small ones are drawn again. */
export function uniformBelow(count: number, next32: Next32): number {
  if ((count & (count - 1)) === 0) return (next32() & (count - 1)) >>> 0
  const surplus = 2 ** 32 % count
  let word = next32()
  while (word < surplus) word = next32()
  return word % count
}

/** A float32 from 0 to 1, 1 excluded, in steps of 2^-23. */
export const uniform = (next32: Next32): number => (next32() & 0x7fffff) / 2 ** 23

/**
 * The order in which an epoch goes through a data set.
 * @returns each number from 0 to `count - 1` once
 */
export function orderOf(count: number, seed: number, epoch: number): Uint32Array {
  const next32 = sequence(seed, USES.order, epoch, 0)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const other = uniformBelow(i + 1, next32)
    const kept = order[i]!
    order[i] = order[other]!
    order[other] = kept
  }
  return order
}
