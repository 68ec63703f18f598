import type { Operation } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

/** `one + other`, where two operations contribute to a gradient. */
export interface Add {
  readonly op: 'add'
  readonly one: ValueId
  readonly other: ValueId
  readonly output: ValueId
}

export const addOperation: Operation<Add> = {
  op: 'add',
  reads: ['one', 'other'],
  makes: ['output'],
  weights: {},
}
