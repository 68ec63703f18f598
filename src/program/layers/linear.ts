import { checkShape } from '../ops/check-shape.ts'
import { type Activation, type Linear, linearOperation } from '../ops/linear.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

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
