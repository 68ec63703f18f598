import type { Rows } from '../../../../program/ops/rows.ts'
import type { LowerOp } from './lower-op.ts'

/** Only an address: nothing is computed. */
export const rows: LowerOp<Rows> = ({ input, output, from }, lowering) =>
  lowering.alias(output, input, from)
