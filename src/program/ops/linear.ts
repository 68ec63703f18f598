import type { ValueId, WeightId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

export type Activation = 'none' | 'gelu_tanh' | 'gelu_erf' | 'tanh'

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

export interface LinearOptions {
  bias?: boolean
  activation?: Activation
  residual?: ValueId
  /** Never quantised; see Weight.precise. */
  precise?: boolean
}

/**
 * `[rows, columns]`. Weights: `NAME.kernel` `[input columns, columns]` and `NAME.bias`.
 * @throws ArgumentError where the residual has another shape
 */
export function linear(
  net: Writer<Linear>,
  name: string,
  input: ValueId,
  columns: number,
  options: LinearOptions = {},
): ValueId {
  const [rows, inner] = net.shape(input)
  const { activation = 'none', residual, precise = false } = options
  if (residual !== undefined) checkShape(name, net.shape(residual), [rows, columns])
  const { weights } = linearOperation
  const kernel = net.weight(`${name}.kernel`, [inner, columns], weights.kernel!, precise)
  const bias =
    options.bias === false ? undefined : net.weight(`${name}.bias`, [1, columns], weights.bias!)
  const output = net.value(name, [rows, columns])
  net.push({ op: 'linear', input, output, kernel, bias, activation, residual })
  return output
}
