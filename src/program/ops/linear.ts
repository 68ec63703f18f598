import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/** `silu` is `x sigmoid(x)`, `quick_gelu` is `x sigmoid(1.702 x)`. */
export type Activation = 'none' | 'gelu_tanh' | 'gelu_erf' | 'quick_gelu' | 'silu' | 'tanh'

/** `activation(input x kernel + bias) + residual` */
export interface Linear {
  readonly op: 'linear'
  readonly input: ValueId
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  readonly activation: Activation
  readonly residual: ValueId | undefined
}

export const linearOperation: Operation<Linear> = {
  op: 'linear',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: { kernel: 'kernel', bias: 'vector' },
  rowsRead: (_, rows) => [rows, rows],
  products(op, shapes) {
    const [inner, columns] = shapes.weight(op.kernel)
    return shapes.value(op.output)[0] * inner * columns
  },
}
