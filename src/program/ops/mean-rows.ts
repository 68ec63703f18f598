import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

/** The mean over rows `from` and up, weighted by their sizes: `[1, columns]`. */
export interface MeanRows {
  readonly op: 'mean_rows'
  readonly input: ValueId
  readonly output: ValueId
  readonly from: number
  /** `[rows, 1]`, above 0; undefined where all are equal. */
  readonly sizes: ValueId | undefined
}

export const meanRowsOperation: Operation<MeanRows> = {
  op: 'mean_rows',
  reads: ['input', 'sizes'],
  makes: ['output'],
  weights: {},
}
