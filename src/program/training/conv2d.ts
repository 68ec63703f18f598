import type { Conv2d } from '../ops/conv2d.ts'
import type { Operation } from '../ops/operation.ts'
import type { Window } from '../ops/window.ts'
import type { ValueId, WeightId } from '../values.ts'
import type { Rule } from './rule.ts'

/** Of a convolution, as of a linear layer over its windows. What windows share of the input gets the sum of theirs. */
export interface Conv2dBackward {
  readonly op: 'conv2d_backward'
  readonly input: ValueId
  readonly outputGradient: ValueId
  readonly kernel: WeightId
  readonly inputGradient: ValueId | undefined
  readonly kernelGradient: ValueId | undefined
  readonly biasGradient: ValueId | undefined
  readonly window: Window
}

export const conv2dBackwardOperation: Operation<Conv2dBackward> = {
  op: 'conv2d_backward',
  reads: ['input', 'outputGradient'],
  makes: ['inputGradient', 'kernelGradient', 'biasGradient'],
  weights: { kernel: 'kernel' },
  products({ outputGradient, inputGradient, kernelGradient, kernel }, shapes) {
    const [inner, columns] = shapes.weight(kernel)
    const results = Number(inputGradient !== undefined) + Number(kernelGradient !== undefined)
    return results * shapes.value(outputGradient)[0] * inner * columns
  },
}

export const conv2dRule: Rule<Conv2d, Conv2dBackward> = (op, outputGradient, net) => {
  const { input, kernel, bias, window } = op
  const inputGradient = net.like(input)
  const made = {
    inputGradient,
    kernelGradient: net.ofWeight(kernel),
    biasGradient: net.ofWeight(bias),
  }
  if (Object.values(made).every((id) => id === undefined)) return
  net.push({ op: 'conv2d_backward', input, outputGradient, kernel, ...made, window })
  if (inputGradient !== undefined) net.pass(input, inputGradient)
}
