import { ArgumentError } from '../../errors.ts'
import type { Writer } from '../ops/operation.ts'
import type { Rows } from '../ops/rows.ts'
import type { ValueId } from '../values.ts'

/**
 * Rows `from` to `from + count`: `[count, columns]`.
 * @throws ArgumentError where the input has fewer rows
 */
export function rows(
  net: Writer<Rows>,
  name: string,
  input: ValueId,
  from: number,
  count: number,
): ValueId {
  const [available, columns] = net.shape(input)
  if (from < 0 || count < 1 || from + count > available) {
    throw new ArgumentError(`${name}: rows ${from} to ${from + count} of ${available} don't exist.`)
  }
  const output = net.value(name, [count, columns])
  net.push({ op: 'rows', input, output, from })
  return output
}
