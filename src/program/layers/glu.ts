import { ArgumentError } from '../../errors.ts'
import type { Glu } from '../ops/glu.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/**
 * `[rows, columns / 2]`
 * @param input the gate on the left, what it multiplies on the right
 * @throws ArgumentError where the input has an odd number of columns
 */
export function glu(
  net: Writer<Glu>,
  name: string,
  input: ValueId,
  activation: Glu['activation'] = 'silu',
): ValueId {
  const [rows, columns] = net.shape(input)
  if (columns % 2 !== 0) {
    throw new ArgumentError(
      `${name}: a gate and what it multiplies take an even number of columns, not ${columns}.`,
    )
  }
  const output = net.value(name, [rows, columns / 2])
  net.push({ op: 'glu', input, output, activation })
  return output
}
