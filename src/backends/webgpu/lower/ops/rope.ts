import type { Rope } from '../../../../program/ops/rope.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { rope as kernel } from '../../kernels/rope.ts'
import { ROW_THREADS } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'

export const rope: LowerOp<Rope> = {
  full: ({ input, output }, isFull) => (isFull(output) ? [input] : []),
  lower({ input, output, table, heads, from, width, inverse }, lowering) {
    const [count, columns] = lowering.shape(input)
    const columns2 = 2 * vectors(columns)
    const rotate = kernel(lowering.storage(input), lowering.storage(output), inverse)
    return [
      {
        operands: [lowering.value(input), lowering.weight(table), lowering.value(output)],
        makes: [output],
        for: (images) => ({
          kernel: rotate,
          params: [images * count, columns2, count, from, width / 2, width / heads / 2],
          workgroups: spread(Math.ceil((images * count * columns2) / ROW_THREADS)),
        }),
      },
    ]
  },
}
