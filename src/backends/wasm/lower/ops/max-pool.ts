import { UnsupportedError } from '../../../../errors.ts'
import type { MaxPool } from '../../../../program/ops/max-pool.ts'
import type { LowerOp } from './lower-op.ts'

export const maxPool: LowerOp<MaxPool> = () => {
  throw new UnsupportedError('TODO')
}
