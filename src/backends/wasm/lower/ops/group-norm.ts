import { UnsupportedError } from '../../../../errors.ts'
import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import type { LowerOp } from './lower-op.ts'

export const groupNorm: LowerOp<GroupNorm> = () => {
  throw new UnsupportedError('TODO')
}
