import type { Glu } from '../../../../src/program/ops/glu.ts'
import type { LowerOp } from '../lowering.ts'
import { activations } from './linear.ts'

export const glu: LowerOp<Glu> = ({ input, output, activation }, lowering) => {
  const [, columns] = lowering.shape(output)
  const half = (from: number) => lowering.value(input).slice([], [from, from + columns])
  return activations[activation](half(0), lowering.jax).mul(half(columns))
}
