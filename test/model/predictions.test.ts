import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { largest, topPredictions } from '../../src/model/predictions.ts'
import { gaussian, random } from '../random.ts'

/** By sorting everything. */
function sorted(values: Float32Array): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b)
}

test('the largest values are those that sorting gives, the first of equals first', () => {
  const next = random(7)
  for (let round = 0; round < 300; round++) {
    const count = 1 + Math.floor(next() * 40)
    // Few different values, so that many are equal.
    const values = Float32Array.from({ length: count }, () => Math.floor(next() * 8))
    const expected = sorted(values)
    for (const most of [1, 2, 5, count - 1, count]) {
      assert.equal([...largest(values, most)], expected.slice(0, most))
    }
  }
})

test('200,000 classes, the most probable and all of them', () => {
  const logits = gaussian(3, 200_000, 4)
  const expected = sorted(logits)
  const five = topPredictions(logits, 5, undefined)
  assert.equal(
    five.map(({ index }) => index),
    expected.slice(0, 5),
  )
  assert.is(five[0]!.label, String(five[0]!.index))
  const all = topPredictions(logits, 1e9, undefined)
  assert.equal(
    all.map(({ index }) => index),
    expected,
  )
  assert.ok(Math.abs(all.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-9)
})

test('probabilities are the softmax, also of logits whose exponentials are infinite', () => {
  const top = topPredictions(Float32Array.of(1000, 1001, -1e30), 3, ['a', 'b', 'c'])
  const share = 1 / (1 + Math.exp(-1))
  assert.equal(
    top.map(({ label }) => label),
    ['b', 'a', 'c'],
  )
  assert.ok(Math.abs(top[0]!.probability - share) < 1e-15)
  assert.ok(Math.abs(top[1]!.probability - (1 - share)) < 1e-15)
  assert.is(top[2]!.probability, 0)
})

test.run()
