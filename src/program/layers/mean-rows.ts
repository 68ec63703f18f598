import { ArgumentError } from '../../errors.ts'
import type { MeanRows } from '../ops/mean-rows.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/** @throws ArgumentError where the input has no row `from` */
export function meanRows(
  net: Writer<MeanRows>,
  name: string,
  input: ValueId,
  from: number,
): ValueId {
  const [available, columns] = net.shape(input)
  if (from < 0 || from >= available) {
    throw new ArgumentError(`${name}: there is no row ${from} and up in ${available} rows.`)
  }
  const output = net.value(name, [1, columns])
  net.push({ op: 'mean_rows', input, output, from })
  return output
}
