import { checkShape } from '../ops/check-shape.ts'
import type { Writer } from '../ops/operation.ts'
import type { Transpose } from '../ops/transpose.ts'
import type { ValueId } from '../values.ts'

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
