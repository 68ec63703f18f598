import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

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
