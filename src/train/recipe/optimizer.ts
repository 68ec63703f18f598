import type { SGDRule, UpdateRule } from '../../program/training/update-rule.ts'
import { isDecayed } from './optimizers/adamw.ts'

/** An optimiser: how it changes parameters. What keeps the parameters keeps its state too. */
export interface Optimizer {
  readonly rule: UpdateRule
  /** The weight decay of a parameter, by its name. */
  decay(parameter: string): number
}

export interface SGDOptions extends Omit<SGDRule, 'kind'> {
  /** Of kernels; see `isDecayed`. */
  readonly weightDecay?: number
}

/** Stochastic gradient descent with momentum; see `updateSGD`. The release's accumulator is bfloat16. */
export const sgd = ({ momentum, accumulator, weightDecay = 0 }: SGDOptions): Optimizer => ({
  rule: { kind: 'sgd', momentum, accumulator },
  decay: decayOf(weightDecay),
})

export interface AdamWOptions {
  /** Of kernels; see `isDecayed`. */
  readonly weightDecay: number
}

/** Adam with decoupled weight decay; see `updateAdamW`. */
export const adamw = ({ weightDecay }: AdamWOptions): Optimizer => ({
  rule: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  decay: decayOf(weightDecay),
})

const decayOf = (weightDecay: number) => (parameter: string) =>
  isDecayed(parameter) ? weightDecay : 0

/** The names of what a rule keeps of a parameter. */
export function stateNames(rule: UpdateRule, parameter: string): string[] {
  if (rule.kind === 'adamw') return [`${parameter}.first`, `${parameter}.second`]
  return rule.momentum === 0 ? [] : [`${parameter}.trace`]
}
