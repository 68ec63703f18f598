import { Opcode, RopeField } from '../../../../../assembly/tape.ts'
import type { Rope } from '../../../../program/ops/rope.ts'
import type { LowerOp } from './lower-op.ts'

const SIGN_BIT = 0x80000000

export const rope: LowerOp<Rope> = (op, lowering) =>
  lowering.emitRows(Opcode.Rope, op, () => ({
    [RopeField.Table]: lowering.weight(op.table),
    [RopeField.From]: op.from,
    [RopeField.Width]: op.width,
    [RopeField.HeadWidth]: op.width / op.heads,
    [RopeField.Sign]: op.inverse ? SIGN_BIT : 0,
  }))
