import type { MeanRows } from '../../../../program/ops/mean-rows.ts'
import { meanRows as kernel } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'
import { rowStep } from './rows.ts'

export const meanRows: LowerOp<MeanRows> = {
  full: ({ input, sizes }) => (sizes === undefined ? [input] : [input, sizes]),
  lower({ input, output, from, sizes }, lowering) {
    const mean = kernel(lowering.storage(output), sizes !== undefined)
    const reads = [lowering.value(input), ...lowering.optionalValue(sizes)]
    return [rowStep(lowering, mean, reads, input, output, from)]
  },
}
