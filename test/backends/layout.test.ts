import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Interval, place } from '../../src/backends/wasm/layout.ts'
import { random } from '../random.ts'

test('buffers that live at the same time never overlap, and the arena is the high-water mark', () => {
  const next = random(5)
  for (let round = 0; round < 200; round++) {
    const intervals: Interval[] = Array.from({ length: 30 }, () => {
      const from = Math.floor(next() * 40)
      return { bytes: 64 * Math.floor(next() * 20), from, to: from + Math.floor(next() * 10) }
    })
    const { offsets, bytes } = place(intervals)
    for (let i = 0; i < intervals.length; i++) {
      const a = intervals[i]!
      assert.ok(offsets[i]! + a.bytes <= bytes)
      for (let j = 0; j < i; j++) {
        const b = intervals[j]!
        const together = a.from <= b.to && b.from <= a.to
        const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!
        assert.ok(!together || apart || a.bytes === 0 || b.bytes === 0)
      }
    }
    const busiest = Math.max(
      ...Array.from({ length: 50 }, (_, time) =>
        intervals.reduce(
          (sum, { from, to, bytes }) => sum + (from <= time && time <= to ? bytes : 0),
          0,
        ),
      ),
    )
    assert.ok(bytes >= busiest && bytes <= 2 * busiest, `${bytes} for ${busiest}`)
  }
})

test.run()
