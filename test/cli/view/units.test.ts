import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { formatSeconds } from '../../../src/cli/view/units.ts'

test('a time is said in seconds, minutes or hours', () => {
  const said = [0, 0.2, 45, 99, 100, 150, 5940, 6000, 7200, 7290, 90_000].map(formatSeconds)
  assert.equal(said, [
    '0 s',
    '1 s',
    '45 s',
    '99 s',
    '2 min',
    '3 min',
    '99 min',
    '1 h 40 min',
    '2 h',
    '2 h 2 min',
    '25 h',
  ])
})

test.run()
