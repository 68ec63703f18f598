import { UnsupportedError } from '../../../../errors.ts'
import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const groupNorm: LowerOp<GroupNorm> = () => {
  throw new UnsupportedError('TODO')
}
