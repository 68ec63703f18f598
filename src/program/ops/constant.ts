import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/** A weight as a value, the same for all images: the query of a head that pools by attention. */
export interface Constant {
  readonly op: 'constant'
  readonly weight: WeightId
  readonly output: ValueId
}

export const constantOperation: Operation<Constant> = {
  op: 'constant',
  reads: [],
  makes: ['output'],
  weights: { weight: 'tokens' },
}
