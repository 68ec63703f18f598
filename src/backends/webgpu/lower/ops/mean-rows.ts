import type { MeanRows } from '../../../../program/ops/mean-rows.ts'
import { meanRows as kernel } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'
import { rowStep } from './rows.ts'

export const meanRows: LowerOp<MeanRows> = {
  full: ({ input }) => [input],
  lower({ input, output, from }, lowering) {
    const mean = kernel(lowering.storage(output))
    return [rowStep(lowering, mean, [lowering.value(input)], input, output, from)]
  },
}
