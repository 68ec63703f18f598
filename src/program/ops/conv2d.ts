import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'
import type { Window } from './window.ts'

/**
 * A convolution: every window of the input, with zeros for padding, times the kernel, plus the bias:
 * `[outputs, window rows * window columns * channels] x kernel + bias`.
 */
export interface Conv2d {
  readonly op: 'conv2d'
  readonly input: ValueId
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  readonly window: Window
}

export const conv2dOperation: Operation<Conv2d> = {
  op: 'conv2d',
  reads: ['input'],
  makes: ['output'],
  weights: { kernel: 'kernel', bias: 'vector' },
  products(op, shapes) {
    const [inner, columns] = shapes.weight(op.kernel)
    return shapes.value(op.output)[0] * inner * columns
  },
}
