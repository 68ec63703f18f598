import type { Constant } from '../../../../program/ops/constant.ts'
import type { LowerOp } from './lower-op.ts'

/** Only an address: nothing is computed. */
export const constant: LowerOp<Constant> = ({ weight, output }, lowering) =>
  lowering.place(output, weight)
