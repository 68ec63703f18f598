import { UnsupportedError } from '../../../../src/errors.ts'
import type { Transpose } from '../../../../src/program/ops/transpose.ts'
import type { LowerOp } from '../lowering.ts'

export const transpose: LowerOp<Transpose> = () => {
  throw new UnsupportedError('TODO')
}
