import type { Glu } from '../ops/glu.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of a gated linear unit: `outputGradient * right * activation'(left)` on the left, `outputGradient * activation(left)`
 * on the right.
 */
export interface GluBackward {
  readonly op: 'glu_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId
  readonly activation: Glu['activation']
}

export const gluBackwardOperation: Operation<GluBackward> = {
  op: 'glu_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient'],
  weights: {},
}

export const gluRule: Rule<Glu, GluBackward> = ({ input, activation }, outputGradient, net) => {
  const inputGradient = net.like(input)
  if (inputGradient === undefined) return
  net.push({ op: 'glu_backward', input, outputGradient, inputGradient, activation })
  net.pass(input, inputGradient)
}
