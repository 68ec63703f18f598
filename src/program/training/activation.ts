import type { Activation } from '../ops/linear.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'
import type { Rule } from './rule.ts'

/** `activation(input) + residual`: the end of a linear layer whose sums are kept for the gradient. */
export interface Activate {
  readonly op: 'activate'
  readonly input: ValueId
  readonly residual: ValueId | undefined
  readonly output: ValueId
  readonly activation: Exclude<Activation, 'none'>
}

export const activateOperation: Operation<Activate> = {
  op: 'activate',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: {},
}

/** `outputGradient * activation'(input)` */
export interface ActivateBackward {
  readonly op: 'activate_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId
  readonly activation: Activate['activation']
}

export const activateBackwardOperation: Operation<ActivateBackward> = {
  op: 'activate_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient'],
  weights: {},
}

export const activateRule: Rule<Activate, ActivateBackward> = (op, outputGradient, net) => {
  const { input, residual, activation } = op
  if (residual !== undefined) net.pass(residual, outputGradient)
  const inputGradient = net.like(input)
  if (inputGradient === undefined) return
  net.push({ op: 'activate_backward', input, outputGradient, inputGradient, activation })
  net.pass(input, inputGradient)
}
