import type { GroupNorm } from '../../../../src/program/ops/group-norm.ts'
import { refuseConvolutions } from '../convolutions.ts'
import type { LowerOp } from '../lowering.ts'

export const groupNorm: LowerOp<GroupNorm> = refuseConvolutions
