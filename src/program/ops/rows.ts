import { ArgumentError } from '../../errors.ts'
import type { ValueId } from '../values.ts'
import type { Operation, Writer } from './operation.ts'

/** A run of rows, unchanged. */
export interface Rows {
  readonly op: 'rows'
  readonly input: ValueId
  readonly output: ValueId
  readonly from: number
}

export const rowsOperation: Operation<Rows> = {
  op: 'rows',
  reads: ['input'],
  makes: ['output'],
  weights: {},
  rowsRead: (op, { from, to }) => [{ from: from + op.from, to: to + op.from }],
}

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
