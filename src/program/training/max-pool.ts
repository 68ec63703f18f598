import type { MaxPool } from '../ops/max-pool.ts'
import type { Operation } from '../ops/operation.ts'
import type { Window } from '../ops/window.ts'
import type { ValueId } from '../values.ts'
import type { Rule } from './rule.ts'

/** Of the largest value in a window: its gradient goes to the first position, row by row, that has it. */
export interface MaxPoolBackward {
  readonly op: 'max_pool_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId
  readonly window: Window
}

export const maxPoolBackwardOperation: Operation<MaxPoolBackward> = {
  op: 'max_pool_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient'],
  weights: {},
}

export const maxPoolRule: Rule<MaxPool, MaxPoolBackward> = (
  { input, window },
  outputGradient,
  net,
) => {
  const inputGradient = net.like(input)
  if (inputGradient === undefined) return
  net.push({ op: 'max_pool_backward', input, outputGradient, inputGradient, window })
  net.pass(input, inputGradient)
}
