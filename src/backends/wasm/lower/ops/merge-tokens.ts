import { MergeField, Opcode } from '../../../../../assembly/tape.ts'
import type { MergeTokens } from '../../../../program/ops/merge-tokens.ts'
import type { LowerOp } from './lower-op.ts'

export const mergeTokens: LowerOp<MergeTokens> = (op, lowering) =>
  lowering.emitRows(Opcode.MergeTokens, op, (image) => ({
    [MergeField.Tokens]: lowering.shape(op.input)[0],
    ...lowering.fieldsOf(MergeField.TokenRows, op.rows, image),
    ...lowering.fieldsOf(MergeField.Sizes, op.sizes, image),
    ...lowering.fieldsOf(MergeField.SizesAfter, op.sizesAfter, image),
  }))
