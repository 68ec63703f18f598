import type { Constant } from '../../../../program/ops/constant.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { rows as kernel, ROW_THREADS } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'

/** The rows of the weight, copied for each image: a step of no rows leads from one image's to the next. */
export const constant: LowerOp<Constant> = {
  full: () => [],
  lower({ weight, output }, lowering) {
    const [count, columns] = lowering.shape(output)
    const columns4 = vectors(columns)
    const copy = kernel('f32', lowering.storage(output))
    return [
      {
        operands: [lowering.weight(weight), lowering.value(output)],
        makes: [output],
        for: (images) => ({
          kernel: copy,
          params: [images * count, columns4, 0, count, 0],
          workgroups: spread(Math.ceil((images * count * columns4) / ROW_THREADS)),
        }),
      },
    ]
  },
}
