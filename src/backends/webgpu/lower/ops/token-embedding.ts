import type { TokenEmbedding } from '../../../../program/ops/token-embedding.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { tokenEmbedding as kernel, ROW_THREADS } from '../../kernels/rows.ts'
import type { LowerOp } from './lower-op.ts'

export const tokenEmbedding: LowerOp<TokenEmbedding> = {
  full: ({ output }) => [output],
  readsDense: true,
  lower({ ids, output, table, position, segment }, lowering) {
    const [count, columns] = lowering.shape(output)
    const columns4 = vectors(columns)
    return [
      {
        operands: [
          lowering.value(ids),
          lowering.weight(table),
          lowering.weight(position),
          ...lowering.optional(segment),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: kernel(segment !== undefined),
          params: [images * count, columns4, lowering.stride(ids), count],
          workgroups: spread(Math.ceil((images * count * columns4) / ROW_THREADS)),
        }),
      },
    ]
  },
}
