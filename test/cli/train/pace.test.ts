import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Pace } from '../../../src/cli/train/pace.ts'
import type { TrainEvent } from '../../../src/train/events.ts'

const start = {
  type: 'start',
  dataset: 'photos',
  labels: ['a', 'b'],
  pictures: { train: 900, validation: 100, test: 200 },
  batch: 10,
  totalSteps: 100,
  evalEvery: 40,
  done: 0,
} as const

/** A clock that a test turns. */
function clocked(facts: Partial<typeof start> = {}) {
  let seconds = 5
  const pace = new Pace(() => 1000 * seconds)
  pace.take({ ...start, ...facts } as TrainEvent)
  const take = (event: object, after: number) => {
    seconds += after
    return pace.take(event as TrainEvent)
  }
  return {
    step: (step: number, after: number) => take({ type: 'step', step }, after)!,
    take,
  }
}

test('time left counts updates, evaluations and the test', () => {
  const { step, take } = clocked()
  // Until one was measured, a picture of an evaluation is a third of one of an update: 0.02 s.
  const first = step(1, 0.6)
  assert.is(Math.round(first.imagesPerSecond * 100), 1667)
  assert.ok(Math.abs(first.secondsLeft - (99 * 0.6 + (200 + 3 * 100) * 0.02)) < 1e-9)
  let last = first
  for (let i = 2; i <= 40; i++) last = step(i, 0.6)
  assert.ok(Math.abs(last.secondsLeft - (60 * 0.6 + (200 + 3 * 100) * 0.02)) < 1e-9)
  take({ type: 'evaluating', done: 50, total: 100 }, 2.5)
  take({ type: 'evaluating', done: 100, total: 100 }, 2.5)
  take({ type: 'evaluation' }, 0)
  last = step(41, 0.6)
  assert.ok(Math.abs(last.secondsLeft - (59 * 0.6 + (200 + 2 * 100) * 0.05)) < 1e-9)
})

test('the latest updates count, and the time of an evaluation is none of theirs', () => {
  const { step, take } = clocked({
    evalEvery: 0,
    pictures: { train: 900, validation: 0, test: 0 },
  } as never)
  for (let i = 1; i <= 30; i++) step(i, 10)
  take({ type: 'evaluating', done: 1, total: 1 }, 500)
  take({ type: 'evaluation' }, 0)
  let last = step(31, 1)
  for (let i = 32; i <= 60; i++) last = step(i, 1)
  assert.ok(Math.abs(last.imagesPerSecond - 10) < 1e-9, `${last.imagesPerSecond}`)
  assert.ok(Math.abs(last.secondsLeft - 40) < 1e-9, `${last.secondsLeft}`)
})

test.run()
