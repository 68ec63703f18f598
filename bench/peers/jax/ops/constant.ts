import type { Constant } from '../../../../src/program/ops/constant.ts'
import type { LowerOp } from '../lowering.ts'

export const constant: LowerOp<Constant> = ({ weight }, lowering) => lowering.weight(weight)
