import type { GroupNorm } from '../ops/group-norm.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of a group norm, as of a layer norm over the values of a group. With an activation, `output` tells where it passed a
 * value on: the gradient of ReLU is 0 where its output is.
 */
export interface GroupNormBackward {
  readonly op: 'group_norm_backward'
  readonly input: ValueId
  readonly output: ValueId
  readonly outputGradient: ValueId
  readonly scale: WeightId
  readonly inputGradient: ValueId | undefined
  readonly residualGradient: ValueId | undefined
  readonly scaleGradient: ValueId | undefined
  readonly biasGradient: ValueId | undefined
  readonly groups: number
  readonly eps: number
  readonly activation: GroupNorm['activation']
}

export const groupNormBackwardOperation: Operation<GroupNormBackward> = {
  op: 'group_norm_backward',
  reads: ['input', 'output', 'outputGradient'],
  makes: ['inputGradient', 'residualGradient', 'scaleGradient', 'biasGradient'],
  weights: { scale: 'vector' },
}

export const groupNormRule: Rule<GroupNorm, GroupNormBackward> = (op, outputGradient, net) => {
  const { input, output, residual, scale, bias, groups, eps, activation } = op
  const inputGradient = net.like(input)
  const residualGradient = residual === undefined ? undefined : net.like(residual)
  const made = {
    inputGradient,
    residualGradient,
    scaleGradient: net.ofWeight(scale),
    biasGradient: net.ofWeight(bias),
  }
  if (Object.values(made).every((id) => id === undefined)) return
  const read = { input, output, outputGradient, scale }
  net.push({ op: 'group_norm_backward', ...read, ...made, groups, eps, activation })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
  if (residualGradient !== undefined) net.pass(residual!, residualGradient)
}
