import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

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
