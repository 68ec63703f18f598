import type { ValueId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

/** `input^T + residual` */
export interface Transpose {
  readonly op: 'transpose'
  readonly input: ValueId
  readonly output: ValueId
  readonly residual: ValueId | undefined
}

export const transposeOperation: Operation<Transpose> = {
  op: 'transpose',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: {},
}

/**
 * `[columns, rows]`
 * @param residual added to the transposed matrix
 * @throws ArgumentError where the residual has another shape
 */
export function transpose(
  net: Writer<Transpose>,
  name: string,
  input: ValueId,
  residual?: ValueId,
): ValueId {
  const [rows, columns] = net.shape(input)
  if (residual !== undefined) checkShape(name, net.shape(residual), [columns, rows])
  const output = net.value(name, [columns, rows])
  net.push({ op: 'transpose', input, output, residual })
  return output
}
