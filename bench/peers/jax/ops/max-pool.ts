import type { MaxPool } from '../../../../src/program/ops/max-pool.ts'
import { refuseConvolutions } from '../convolutions.ts'
import type { LowerOp } from '../lowering.ts'

export const maxPool: LowerOp<MaxPool> = refuseConvolutions
