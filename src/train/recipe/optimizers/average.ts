import { roundingOf, type Values } from './rounding.ts'

/**
 * Moves an exponential moving average towards a parameter, in place: `decay * average + (1 - decay) * parameter`.
 * @param average the parameter's initial values at first
 * @param decay from 0 to 1
 */
export function updateAverage(average: Values, parameter: Values, decay: number): void {
  const round = roundingOf(average)
  const [keep, take] = [round(decay), round(1 - decay)]
  for (let i = 0; i < average.length; i++) {
    average[i] = round(take * parameter[i]!) + round(keep * average[i]!)
  }
}

/**
 * The decay of an average that warms up, so that it forgets the initial values soon.
 * @param decay the final one
 * @param updates made before, 0 at the first
 */
export const warmedUpDecay = (decay: number, updates: number): number =>
  Math.min(decay, (1 + updates) / (10 + updates))
