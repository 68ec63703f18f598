import { UnsupportedError } from '../../../../../src/errors.ts'
import type { MaxPool } from '../../../../../src/program/ops/max-pool.ts'
import type { LowerOp } from '../lowering.ts'

export const maxPool: LowerOp<MaxPool> = () => {
  throw new UnsupportedError('TODO')
}
