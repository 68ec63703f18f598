import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Lifetime, placeInBuffers, placeInMemory } from '../../src/program/lifetimes.ts'
import { random } from '../random.ts'

test('buffers that live at the same time never overlap, and the arena is the high-water mark', () => {
  const next = random(5)
  for (let round = 0; round < 200; round++) {
    const intervals: Lifetime[] = Array.from({ length: 30 }, () => {
      const from = Math.floor(next() * 40)
      return { bytes: 64 * Math.floor(next() * 20), from, to: from + Math.floor(next() * 10) }
    })
    const { offsets, bytes } = placeInMemory(intervals)
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

test('a buffer holds one value at a time, and is as large as its largest', () => {
  const next = random(6)
  for (let round = 0; round < 200; round++) {
    const lifetimes: Lifetime[] = Array.from({ length: 30 }, () => {
      const from = Math.floor(next() * 40)
      return { bytes: 1 + Math.floor(next() * 20), from, to: from + Math.floor(next() * 10) }
    })
    const { places, buffers } = placeInBuffers(lifetimes)
    for (const [i, a] of lifetimes.entries()) {
      for (const [j, b] of lifetimes.slice(0, i).entries()) {
        assert.ok(places[i] !== places[j] || a.from > b.to || b.from > a.to)
      }
    }
    for (const [buffer, bytes] of buffers.entries()) {
      const held = lifetimes.filter((_, i) => places[i] === buffer).map((one) => one.bytes)
      assert.is(bytes, Math.max(...held))
    }
  }
})

test.run()
