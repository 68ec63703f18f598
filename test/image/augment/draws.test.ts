import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { drawsOf, orderOf, uniform, uniformBelow } from '../../../src/image/augment/draws.ts'
import { type Counter, type Key, philox } from '../../../src/image/augment/philox.ts'
import { chiSquareDeviate, SURPRISING } from './statistics.ts'

/** The known answers that the authors of Philox publish. */
const KNOWN: [Counter, Key, string][] = [
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
]

test('Philox gives the published words', () => {
  for (const [counter, key, words] of KNOWN) {
    const found = philox(counter, key).map((word) => word.toString(16).padStart(8, '0'))
    assert.is(found.join(' '), words)
  }
})

const take = (count: number, next32: () => number) => Array.from({ length: count }, next32)

test('draws depend on seed, epoch and picture, and on nothing else', () => {
  const words = take(9, drawsOf(7, 2, 5))
  assert.equal(take(9, drawsOf(7, 2, 5)), words)
  assert.is(new Set(words).size, 9)
  const others = [drawsOf(8, 2, 5), drawsOf(7 + 2 ** 32, 2, 5), drawsOf(7, 3, 5), drawsOf(7, 2, 6)]
  for (const other of others) assert.not.equal(take(9, other), words)
  const [first] = philox([0, 0, 5, 2], [7, 0])
  assert.is(words[0], first)
})

test('words that would favour small numbers are drawn again', () => {
  const words = [3, 0, 2 ** 32 - 1]
  // 2^32 mod 10 is 6: 3 and 0 are rejected.
  assert.is(
    uniformBelow(10, () => words.shift()!),
    (2 ** 32 - 1) % 10,
  )
  assert.is(
    uniformBelow(8, () => 29),
    5,
  )
  assert.is(
    uniformBelow(1, () => 12345),
    0,
  )
  assert.is(
    uniform(() => 0xffffffff),
    1 - 2 ** -23,
  )
})

test('whole numbers are equally likely', () => {
  const next32 = drawsOf(1, 0, 0)
  for (const count of [3, 7, 16, 100]) {
    const counts = new Array<number>(count).fill(0)
    for (let i = 0; i < 20_000; i++) counts[uniformBelow(count, next32)]!++
    assert.ok(chiSquareDeviate(counts, new Array(count).fill(1 / count)) < SURPRISING)
  }
})

test('an order has every number once, differs between epochs, and is the same again', () => {
  const order = orderOf(1000, 3, 0)
  assert.equal(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  )
  assert.equal(orderOf(1000, 3, 0), order)
  assert.not.equal(orderOf(1000, 3, 1), order)
  assert.not.equal(orderOf(1000, 4, 0), order)
  assert.equal(orderOf(0, 3, 0), new Uint32Array(0))
})

test('every number comes to every place equally often', () => {
  const counts = new Array<number>(36).fill(0)
  for (let epoch = 0; epoch < 6000; epoch++) {
    orderOf(6, 9, epoch).forEach((value, place) => {
      counts[6 * place + value]!++
    })
  }
  assert.ok(chiSquareDeviate(counts, new Array(36).fill(1 / 36)) < SURPRISING)
})

test.run()
