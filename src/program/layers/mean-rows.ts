import { ArgumentError } from '../../errors.ts'
import { checkShape } from '../ops/check-shape.ts'
import type { MeanRows } from '../ops/mean-rows.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/**
 * @param sizes weights of the rows, `[rows, 1]`; equal ones by default
 * @throws ArgumentError where the input has no row `from`
 */
export function meanRows(
  net: Writer<MeanRows>,
  name: string,
  input: ValueId,
  from: number,
  sizes?: ValueId,
): ValueId {
  const [available, columns] = net.shape(input)
  if (from < 0 || from >= available) {
    throw new ArgumentError(`${name}: there is no row ${from} and up in ${available} rows.`)
  }
  if (sizes !== undefined) checkShape(`${name}, sizes`, net.shape(sizes), [available, 1])
  const output = net.value(name, [1, columns])
  net.push({ op: 'mean_rows', input, output, from, sizes })
  return output
}
