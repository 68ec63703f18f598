import type { MergeTokens } from '../../../../program/ops/merge-tokens.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { mergeTokens as kernel, MERGE_THREADS } from '../../kernels/merging.ts'
import type { LowerOp } from './lower-op.ts'

export const mergeTokens: LowerOp<MergeTokens> = {
  full: ({ input, rows, sizes, sizesAfter, output }) =>
    [input, rows, sizes, sizesAfter, output].filter((id) => id !== undefined),
  lower({ input, rows, sizes, sizesAfter, output }, lowering) {
    const [tokens] = lowering.shape(input)
    const [left, columns] = lowering.shape(output)
    const columns4 = vectors(columns)
    return [
      {
        operands: [
          lowering.value(input),
          lowering.value(rows),
          ...lowering.optionalValue(sizes),
          lowering.value(sizesAfter),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: kernel(sizes !== undefined),
          params: [images * left, columns4, tokens, left],
          workgroups: [...spread(images * left), Math.ceil(columns4 / MERGE_THREADS)],
        }),
      },
    ]
  },
}
