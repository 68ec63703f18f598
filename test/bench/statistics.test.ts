import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { agreement, relativeRms } from '../../bench/drive/agreement.ts'
import {
  extent,
  median,
  medianInterval,
  ratio,
  ratioInterval,
  spread,
} from '../../bench/report/statistics.ts'

const output = (key: string, values: number[], bound = 1e-4, exact = true) => ({
  key,
  values,
  bound,
  exact,
})

test('an engine that computes something else is found, whichever comes first', () => {
  const found = agreement([
    output('odd', [1, 2, 4]),
    output('a', [1, 2, 3]),
    output('b', [1, 2, 3.00001]),
  ])!
  assert.ok(found.get('odd')! > 0.1)
  assert.ok(found.get('a')! <= 1e-4)
  assert.ok(found.get('b')! <= 1e-4)
})

test('rounded weights are held against exact ones, however many there are', () => {
  const rounded = ['p', 'q', 'r'].map((key) => output(key, [1, 2, 3.1], 0.25, false))
  const found = agreement([...rounded, output('exact', [1, 2, 3])])!
  assert.is(found.get('exact'), 0)
  assert.ok(found.get('p')! > 0.01)
  assert.is(
    agreement(rounded)!.get('p'),
    0,
    'where there is none, they are held against each other',
  )
})

test('what is not a number, or not there, agrees with nothing', () => {
  assert.is(relativeRms([Number.NaN], [1]), Number.POSITIVE_INFINITY)
  assert.is(relativeRms([0], [0]), Number.POSITIVE_INFINITY)
  assert.is(relativeRms([1, 2], [1]), Number.POSITIVE_INFINITY)
  assert.is(agreement([output('broken', [Number.NaN])]), undefined)
})

test('the ratio is taken within each round, so that a slow round changes nothing', () => {
  const a = [
    [2, 2, 2],
    [20, 20, 20],
    [2, 2, 2],
  ]
  const b = [
    [1, 1, 1],
    [10, 10, 10],
    [1, 1, 1],
  ]
  assert.is(ratio(a, b), 2)
  assert.equal(ratioInterval(a, b), [2, 2])
  assert.is(ratio(a, b.slice(0, 2)), 2, 'a round that only one has finished does not count')
  const even = b.slice(0, 2).map((round, i) => round.map((time) => time * (i + 1)))
  assert.ok(Math.abs(ratio(a.slice(0, 2), even) * ratio(even, a.slice(0, 2)) - 1) < 1e-12)
  assert.is(median([3, 1, 2, 4]), 2.5)
  assert.is(spread([[1, 1, 9], [2, 2, 2], [3]]), 1)
})

test('the interval of the median covers the truth about as often as it says', () => {
  let seed = 7
  const normal = () => {
    // The sum of twelve uniform numbers.
    let sum = -6
    for (let i = 0; i < 12; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      sum += seed / 2 ** 32
    }
    return sum
  }
  let covered = 0
  for (let i = 0; i < 200; i++) {
    const rounds = Array.from({ length: 9 }, () => [100 + normal()])
    const [low, high] = medianInterval(rounds)
    assert.ok(low <= high)
    if (low <= 100 && 100 <= high) covered++
  }
  assert.ok(covered >= 170, `${covered} of 200`)
})

test('a million runs have a least and a largest', () => {
  const values = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003)
  assert.equal(extent([...values, -1]), [-1, 1_000_002])
})

test.run()
