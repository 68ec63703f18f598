import { Opcode } from '../../../../../assembly/tape.ts'
import type { Glu } from '../../../../program/ops/glu.ts'
import type { LowerOp } from './lower-op.ts'

/** The kernel knows SiLU only. */
export const glu: LowerOp<Glu> = (op, lowering) => lowering.emitRows(Opcode.Glu, op, () => ({}))
