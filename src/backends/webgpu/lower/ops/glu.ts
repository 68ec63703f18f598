import type { Glu } from '../../../../program/ops/glu.ts'
import { GLU_THREADS, glu as kernel } from '../../kernels/glu.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import type { LowerOp } from './lower-op.ts'

export const glu: LowerOp<Glu> = {
  full: ({ input, output }, isFull) => (isFull(output) ? [input] : []),
  lower({ input, output, activation }, lowering) {
    const [count, columns] = lowering.shape(output)
    const columns4 = vectors(columns)
    const gated = kernel({
      activation,
      input: lowering.storage(input),
      out: lowering.storage(output),
      whole: columns % 4 === 0,
    })
    return [
      {
        operands: [lowering.value(input), lowering.value(output)],
        makes: [output],
        for: (images) => ({
          kernel: gated,
          params: [images * count, columns, columns4, lowering.stride(input)],
          workgroups: spread(Math.ceil((images * count * columns4) / GLU_THREADS)),
        }),
      },
    ]
  },
}
