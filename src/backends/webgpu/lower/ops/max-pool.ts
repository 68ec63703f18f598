import type { MaxPool } from '../../../../program/ops/max-pool.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { maxPool as kernel, POOL_THREADS } from '../../kernels/max-pool.ts'
import type { LowerOp } from './lower-op.ts'

export const maxPool: LowerOp<MaxPool> = {
  full: ({ input, output }, isFull) => (isFull(output) ? [input] : []),
  lower({ input, output, window }, lowering) {
    const [count, columns] = lowering.shape(output)
    const columns4 = vectors(columns)
    const pool = kernel(window, lowering.storage(input), lowering.storage(output))
    return [
      {
        operands: [lowering.value(input), lowering.value(output)],
        makes: [output],
        for: (images) => ({
          kernel: pool,
          params: [images * count, columns4],
          workgroups: spread(Math.ceil((images * count * columns4) / POOL_THREADS)),
        }),
      },
    ]
  },
}
