import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError } from '../../../src/errors.ts'
import { cosine32 } from '../../../src/train/recipe/cosine.ts'
import {
  checkSchedule,
  type DecayType,
  exactLearningRate,
  learningRate,
  loggedLearningRate,
  type ScheduleOptions,
} from '../../../src/train/recipe/schedule.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'

interface Golden {
  readonly total_steps: number
  readonly base: number
  readonly decay_type: DecayType
  readonly warmup_steps: number
  readonly linear_end: number
  readonly steps: number[]
  readonly lr_optimizer: (number | null)[]
  readonly lr_logged?: (number | null)[]
  readonly lr_float64?: (number | null)[]
}

const optionsOf = (golden: Golden): ScheduleOptions => ({
  totalSteps: golden.total_steps,
  baseLr: golden.base,
  decayType: golden.decay_type,
  warmupSteps: golden.warmup_steps,
  linearEnd: golden.linear_end,
})

for (const folder of ['training', 'training-more']) {
  sharedTest(`schedules of golden/${folder}: float32 to the bit, float64 to 1e-15`, () => {
    const { schedules } = sharedJSON<{ schedules: Golden[] }>(`golden/${folder}/golden.json`)
    assert.ok(schedules.length > 5)
    for (const golden of schedules) {
      const options = optionsOf(golden)
      const optimizer = golden.steps.map(learningRate(options))
      assert.equal(
        optimizer,
        golden.lr_optimizer.map((rate) => Math.fround(rate ?? Number.NaN)),
      )
      if (golden.lr_logged) {
        const logged = golden.steps.map(loggedLearningRate(options))
        assert.equal(
          logged,
          golden.lr_logged.map((rate) => Math.fround(rate ?? Number.NaN)),
        )
      }
      const exact = exactLearningRate(options)
      golden.lr_float64?.forEach((rate, i) => {
        const error = Math.abs(exact(golden.steps[i]!) - (rate ?? Number.NaN))
        if (rate === null) assert.ok(Number.isNaN(error))
        else assert.ok(error <= 1e-15 * golden.base, `${golden.steps[i]}: ${error}`)
      })
    }
  })
}

const options: ScheduleOptions = {
  totalSteps: 10,
  baseLr: 0.1,
  decayType: 'cosine',
  warmupSteps: 2,
}

test('the first update has rate 0 with warm-up, the rate peaks after it and ends at 0', () => {
  const rate = learningRate(options)
  assert.equal([0, 1, 2, 10].map(rate), [0, 0.05, 0.1, 0].map(Math.fround))
  assert.equal(rate(13), 0)
  assert.is(learningRate({ ...options, warmupSteps: 0 })(0), Math.fround(0.1))
})

test('linear decay ends at linearEnd, constant stays', () => {
  assert.is(learningRate({ ...options, decayType: 'linear' })(10), Math.fround(1e-5))
  assert.is(
    learningRate({ ...options, decayType: 'linear', linearEnd: 0.05 })(6),
    Math.fround(0.075),
  )
  assert.is(learningRate({ ...options, decayType: 'constant' })(9), Math.fround(0.1))
})

test('float32 schedules stay close to the float64 one', () => {
  for (const decayType of ['cosine', 'linear', 'constant'] as const) {
    const long = { ...options, decayType, totalSteps: 997, warmupSteps: 31 }
    const exact = exactLearningRate(long)
    for (const rate of [learningRate(long), loggedLearningRate(long)]) {
      for (let step = 0; step < 1000; step++) {
        assert.ok(Math.abs(rate(step) - exact(step)) < 2e-8, `${decayType} ${step}`)
      }
    }
  }
})

test('the cosine is within one float32 step of the true one in all quadrants', () => {
  let differing = 0
  for (let i = 0; i <= 4000; i++) {
    const x = Math.fround((i / 4000) * 4 * Math.PI)
    const value = cosine32(x)
    assert.ok(Math.abs(value - Math.cos(x)) <= 0.57 * 2 ** -24, `cos ${x}`)
    if (value !== Math.fround(Math.cos(x))) differing++
  }
  assert.ok(differing > 0 && differing < 80, `${differing} differ`)
})

test('a warm-up that never ends and other wrong options are refused by name', () => {
  checkSchedule(options)
  const refused: [Partial<ScheduleOptions>, RegExp][] = [
    [{ warmupSteps: 10 }, /warmupSteps is 10 and totalSteps 10/],
    [{ warmupSteps: -1 }, /warmupSteps must be a whole number from 0, not -1/],
    [{ totalSteps: 1.5 }, /totalSteps must be a whole number from 1, not 1.5/],
    [{ baseLr: 0 }, /baseLr must be a number above 0/],
    [{ baseLr: Number.NaN }, /baseLr must be a number above 0/],
    [{ decayType: 'step' as DecayType }, /decayType must be one of cosine, linear, constant/],
    [{ decayType: 'linear', linearEnd: 0.2 }, /the rate would grow/],
    [{ linearEnd: Number.NaN }, /linearEnd must be a number from 0/],
  ]
  for (const [wrong, message] of refused) {
    assert.throws(
      () => checkSchedule({ ...options, ...wrong }),
      (error: unknown) => error instanceof ArgumentError && message.test(error.message),
    )
  }
})

test.run()
