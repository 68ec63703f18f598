import type { Tokens } from '../../../program/ops/tokens.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'

export const tokens: Compute<Tokens> = (op, { value, weight, optional }) => {
  const prefix = optional(op.prefix)
  const position = weight(op.position)
  const out = matrix(...position.shape)
  if (prefix) out.data.set(prefix.data)
  out.data.set(value(op.input).data, prefix?.data.length ?? 0)
  for (let i = 0; i < out.data.length; i++) out.data[i]! += position.data[i]!
  return [out]
}
