import { ArgumentError } from '../../errors.ts'
import { show } from '../../show.ts'
import { cosine32 } from './cosine.ts'

export const DECAY_TYPES = ['cosine', 'linear', 'constant'] as const
/** How a learning rate falls after warm-up. */
export type DecayType = (typeof DECAY_TYPES)[number]

/** How the learning rate goes: up during warm-up, then down. */
export interface ScheduleOptions {
  /** Updates in all, from 1. */
  readonly totalSteps: number
  /** The rate after warm-up, above 0. */
  readonly baseLr: number
  /** How the rate falls after warm-up. */
  readonly decayType: DecayType
  /** Updates during which the rate grows from 0; 0 for no warm-up. */
  readonly warmupSteps: number
  /** Where a linear decay ends; 0.00001 by default. */
  readonly linearEnd?: number
}

/** The learning rate of an update. The first update has step 0, so with warm-up its rate is 0. */
export type Schedule = (step: number) => number

/** The arithmetic of a schedule: how it rounds, and its cosine. */
interface Arithmetic {
  round(value: number): number
  cosine(x: number): number
  /** `steps / of` */
  share(steps: number, of: number): number
  /** `sum + a * b` */
  add(sum: number, a: number, b: number): number
}

const f32 = Math.fround

/**
 * What the optimiser uses: float32, compiled. Divisions by a constant are products with its reciprocal, and products
 * that are added are fused.
 */
const compiled: Arithmetic = {
  round: f32,
  cosine: cosine32,
  share: (steps, of) => f32(f32(steps) * f32(1 / f32(of))),
  add: (sum, a, b) => f32(sum + a * b),
}
/** What the log prints: the same, not compiled, with a number of Python, whose division is in float64. */
const logged: Arithmetic = {
  ...compiled,
  share: (steps, of) => f32(steps / of),
  add: (sum, a, b) => f32(sum + f32(a * b)),
}
const exact: Arithmetic = {
  round: (value) => value,
  cosine: Math.cos,
  share: (steps, of) => steps / of,
  add: (sum, a, b) => sum + a * b,
}

/**
 * The release's schedule as its optimiser computes it, in float32 to the bit. Like the release's, it is NaN at the
 * step `warmupSteps` if that equals `totalSteps`; `checkSchedule` refuses such options.
 */
export const learningRate = (options: ScheduleOptions): Schedule => schedule(options, compiled)

/** The same schedule as the release's log prints it, which differs from `learningRate` in last bits. */
export const loggedLearningRate = (options: ScheduleOptions): Schedule => schedule(options, logged)

/** The same schedule in float64. */
export const exactLearningRate = (options: ScheduleOptions): Schedule => schedule(options, exact)

function schedule(options: ScheduleOptions, arithmetic: Arithmetic): Schedule {
  const { round, cosine, share, add } = arithmetic
  const { totalSteps, baseLr, decayType, warmupSteps, linearEnd = 1e-5 } = options
  const decayed = (progress: number): number => {
    if (decayType === 'cosine') {
      return round(round(baseLr * 0.5) * round(1 + cosine(round(round(Math.PI) * progress))))
    }
    if (decayType === 'constant') return round(baseLr)
    return add(round(linearEnd), round(baseLr - linearEnd), round(1 - progress))
  }
  return (step) => {
    // Math.min and Math.max keep NaN.
    const progress = Math.max(0, Math.min(1, share(step - warmupSteps, totalSteps - warmupSteps)))
    const rate = decayed(progress)
    if (warmupSteps === 0) return rate
    return round(rate * Math.min(1, share(step, warmupSteps)))
  }
}

/**
 * Checks the options of a schedule for training.
 * @throws ArgumentError for steps that are not whole numbers, a warm-up that does not end before the last step, an
 *   unknown decay, and a rate that is not above 0
 */
export function checkSchedule(options: ScheduleOptions): void {
  const { totalSteps, baseLr, decayType, warmupSteps, linearEnd = 1e-5 } = options
  const fail = (message: string) => {
    throw new ArgumentError(message)
  }
  if (!Number.isSafeInteger(totalSteps) || totalSteps < 1) {
    fail(`totalSteps must be a whole number from 1, not ${show(totalSteps)}.`)
  }
  if (!Number.isSafeInteger(warmupSteps) || warmupSteps < 0) {
    fail(`warmupSteps must be a whole number from 0, not ${show(warmupSteps)}.`)
  }
  if (warmupSteps >= totalSteps) {
    fail(
      `warmupSteps is ${warmupSteps} and totalSteps ${totalSteps}: warm-up must end before the last step. Make it shorter, or 0.`,
    )
  }
  if (!DECAY_TYPES.includes(decayType)) {
    fail(`decayType must be one of ${DECAY_TYPES.join(', ')}, not ${show(decayType)}.`)
  }
  if (!Number.isFinite(baseLr) || baseLr <= 0) {
    fail(`baseLr must be a number above 0, not ${show(baseLr)}.`)
  }
  if (!Number.isFinite(linearEnd) || linearEnd < 0) {
    fail(`linearEnd must be a number from 0, not ${show(linearEnd)}.`)
  }
  if (decayType === 'linear' && linearEnd > baseLr) {
    fail(
      `linearEnd is ${linearEnd} and baseLr ${baseLr}: the rate would grow. Choose a linearEnd of at most baseLr.`,
    )
  }
}
