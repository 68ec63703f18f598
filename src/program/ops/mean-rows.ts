import { ArgumentError } from '../../errors.ts'
import type { ValueId } from '../values.ts'
import type { Operation, Writer } from './operation.ts'

/** The mean over rows `from` and up: `[1, columns]`. */
export interface MeanRows {
  readonly op: 'mean_rows'
  readonly input: ValueId
  readonly output: ValueId
  readonly from: number
}

export const meanRowsOperation: Operation<MeanRows> = {
  op: 'mean_rows',
  reads: ['input'],
  makes: ['output'],
  weights: {},
}

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
