import type { Rows } from '../../../../src/program/ops/rows.ts'
import type { LowerOp } from '../lowering.ts'

export const rows: LowerOp<Rows> = ({ input, output, from }, lowering) =>
  lowering.value(input).slice([from, from + lowering.shape(output)[0]], [])
