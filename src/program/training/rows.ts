import type { MeanRows } from '../ops/mean-rows.ts'
import type { Operation } from '../ops/operation.ts'
import type { Rows } from '../ops/rows.ts'
import type { ValueId } from '../values.ts'
import type { Rule } from './rule.ts'

/** Rows of a gradient where they come from, `from` and up; all others are 0. */
export interface RowsBackward {
  readonly op: 'rows_backward'
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId
  readonly from: number
}

export const rowsBackwardOperation: Operation<RowsBackward> = {
  op: 'rows_backward',
  reads: ['outputGradient'],
  makes: ['inputGradient'],
  weights: {},
}

export const rowsRule: Rule<Rows, RowsBackward> = ({ input, from }, outputGradient, net) => {
  const inputGradient = net.like(input)
  if (inputGradient === undefined) return
  net.push({ op: 'rows_backward', outputGradient, inputGradient, from })
  net.pass(input, inputGradient)
}

/** Of the mean of rows `from` and up: an equal share for each of them, 0 for those before. */
export interface MeanRowsBackward {
  readonly op: 'mean_rows_backward'
  readonly outputGradient: ValueId
  readonly inputGradient: ValueId
  readonly from: number
}

export const meanRowsBackwardOperation: Operation<MeanRowsBackward> = {
  op: 'mean_rows_backward',
  reads: ['outputGradient'],
  makes: ['inputGradient'],
  weights: {},
}

export const meanRowsRule: Rule<MeanRows, MeanRowsBackward> = (
  { input, from },
  outputGradient,
  net,
) => {
  const inputGradient = net.like(input)
  if (inputGradient === undefined) return
  net.push({ op: 'mean_rows_backward', outputGradient, inputGradient, from })
  net.pass(input, inputGradient)
}
