import type { Linear } from '../ops/linear.ts'
import type { Operation } from '../ops/operation.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/**
 * Of `input x kernel + bias`: `inputGradient = outputGradient x kernel^T`, `kernelGradient = input^T x outputGradient`,
 * `biasGradient`, the sums of the columns of `outputGradient`.
 */
export interface LinearBackward {
  readonly op: 'linear_backward'
  /** Absent where the kernel is frozen, so that it is not kept for its gradient. */
  readonly input: ValueId | undefined
  readonly outputGradient: ValueId
  readonly kernel: WeightId
  readonly inputGradient: ValueId | undefined
  readonly kernelGradient: ValueId | undefined
  readonly biasGradient: ValueId | undefined
}

export const linearBackwardOperation: Operation<LinearBackward> = {
  op: 'linear_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient', 'kernelGradient', 'biasGradient'],
  weights: { kernel: 'kernel' },
  products({ outputGradient, inputGradient, kernelGradient, kernel }, shapes) {
    const [inner, columns] = shapes.weight(kernel)
    const results = Number(inputGradient !== undefined) + Number(kernelGradient !== undefined)
    return results * shapes.value(outputGradient)[0] * inner * columns
  },
}

/** Of a layer without activation; `withoutActivations` makes it so. */
export const linearRule: Rule<Linear, LinearBackward> = (op, outputGradient, net) => {
  const { input, residual, kernel, bias } = op
  if (residual !== undefined) net.pass(residual, outputGradient)
  const inputGradient = net.like(input)
  const kernelGradient = net.ofWeight(kernel)
  const biasGradient = net.ofWeight(bias)
  const made = { inputGradient, kernelGradient, biasGradient }
  if (Object.values(made).every((id) => id === undefined)) return
  const kept = kernelGradient === undefined ? undefined : input
  net.push({ op: 'linear_backward', input: kept, outputGradient, kernel, ...made })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
}
