import { Opcode, TokensField } from '../../../../../assembly/tape.ts'
import type { Tokens } from '../../../../program/ops/tokens.ts'
import type { LowerOp } from './lower-op.ts'

export const tokens: LowerOp<Tokens> = (op, lowering) =>
  lowering.emitRows(Opcode.Tokens, op, () => ({
    [TokensField.Prefix]: lowering.vector(op.prefix),
    [TokensField.PrefixRows]: lowering.shape(op.output)[0] - lowering.shape(op.input)[0],
    [TokensField.Position]: lowering.weight(op.position),
    [TokensField.Ids]: 0,
    [TokensField.Segment]: lowering.addresses.zeros,
  }))
