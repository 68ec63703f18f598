import type { Tokens } from '../../../../program/ops/tokens.ts'
import { tokens as kernel } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'
import { rowStep } from './rows.ts'

export const tokens: LowerOp<Tokens> = {
  full: ({ input, output }) => [input, output],
  lower(op, lowering) {
    const { input, output, prefix, position } = op
    const before = lowering.shape(output)[0] - lowering.shape(input)[0]
    const reads = [lowering.value(input), ...lowering.optional(prefix), lowering.weight(position)]
    return [rowStep(lowering, kernel(prefix !== undefined), reads, input, output, before)]
  },
}
