import type { Tokens } from '../../../../src/program/ops/tokens.ts'
import type { LowerOp } from '../lowering.ts'

export const tokens: LowerOp<Tokens> = ({ input, prefix, position }, lowering) => {
  const { numpy } = lowering.jax
  const patches = lowering.value(input)
  const all =
    prefix === undefined ? patches : numpy.concatenate([lowering.weight(prefix), patches], 0)
  return all.add(lowering.weight(position))
}
