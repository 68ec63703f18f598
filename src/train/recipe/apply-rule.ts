import type { UpdateRule } from '../../program/training/update-rule.ts'
import { updateAdamW } from './optimizers/adamw.ts'
import { updateSGD } from './optimizers/sgd.ts'

/** What an update of one parameter follows from, beside its gradient. */
interface UpdateOptions {
  readonly learningRate: number
  /** The number of this update, from 1. */
  readonly step: number
  readonly weightDecay: number
}

/**
 * Updates a parameter by a rule, in place.
 * @param state what the rule keeps of it, in the order of `stateNames`; changed in place
 */
export function applyRule(
  rule: UpdateRule,
  parameter: Float32Array,
  gradient: Float32Array,
  [first, second]: readonly (Float32Array | Uint16Array)[],
  { learningRate, step, weightDecay }: UpdateOptions,
): void {
  if (rule.kind === 'sgd') {
    const { momentum } = rule
    updateSGD(parameter, gradient, first, { learningRate, momentum, weightDecay })
    return
  }
  const { kind, ...betas } = rule
  const moments = { first: first as Float32Array, second: second as Float32Array }
  updateAdamW(parameter, gradient, moments, { ...betas, learningRate, step, weightDecay })
}
