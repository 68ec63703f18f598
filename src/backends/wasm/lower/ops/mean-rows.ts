import { MeanField, Opcode } from '../../../../../assembly/tape.ts'
import type { MeanRows } from '../../../../program/ops/mean-rows.ts'
import type { LowerOp } from './lower-op.ts'

export const meanRows: LowerOp<MeanRows> = (op, lowering) =>
  lowering.emitRows(Opcode.MeanRows, op, (image) => ({
    [MeanField.Input]: lowering.rowOf(op.input, image, op.from),
    [MeanField.Count]: lowering.shape(op.input)[0] - op.from,
    ...lowering.fieldsOf(MeanField.Sizes, op.sizes, image, op.from),
  }))
