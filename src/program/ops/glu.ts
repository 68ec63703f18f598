import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

/**
 * A gated linear unit: `activation(left) * right`, where `left` and `right` are the halves of the columns of the input
 * (Shazeer 2020).
 */
export interface Glu {
  readonly op: 'glu'
  readonly input: ValueId
  readonly output: ValueId
  readonly activation: 'silu'
}

export const gluOperation: Operation<Glu> = {
  op: 'glu',
  reads: ['input'],
  makes: ['output'],
  weights: {},
  rowsRead: (_, rows) => [rows],
}
