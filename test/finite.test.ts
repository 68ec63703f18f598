import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstNonFinite } from '../src/finite.ts'

test('the first value that is not finite is found wherever it stands', () => {
  const wrong = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let length = 0; length < 20; length++) {
    const extremes = [-0, 3.4e38, -3.4e38, 1e-45, 1]
    const values = Float32Array.from({ length }, (_, i) => extremes[i % extremes.length]!)
    assert.is(firstNonFinite(values), -1)
    for (let at = 0; at < length; at++) {
      for (const value of wrong) {
        const broken = values.slice()
        broken[at] = value
        assert.is(firstNonFinite(broken), at)
        // Those behind it make no difference, nor do views.
        broken[length - 1] = -value
        assert.is(firstNonFinite(broken.subarray(at)), 0)
      }
    }
  }
})

test.run()
