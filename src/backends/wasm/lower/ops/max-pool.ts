import { Opcode } from '../../../../../assembly/tape.ts'
import type { MaxPool } from '../../../../program/ops/max-pool.ts'
import { windowFields } from '../window-fields.ts'
import type { LowerOp } from './lower-op.ts'

export const maxPool: LowerOp<MaxPool> = (op, lowering) =>
  lowering.emitRows(Opcode.MaxPool, op, () => windowFields(op, lowering))
