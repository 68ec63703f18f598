import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'
import type { Window } from './window.ts'

/** The largest value of each column in every window; padding is -infinity. */
export interface MaxPool {
  readonly op: 'max_pool'
  readonly input: ValueId
  readonly output: ValueId
  readonly window: Window
}

export const maxPoolOperation: Operation<MaxPool> = {
  op: 'max_pool',
  reads: ['input'],
  makes: ['output'],
  weights: {},
}
