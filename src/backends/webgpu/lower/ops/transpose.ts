import type { Transpose } from '../../../../program/ops/transpose.ts'
import { vectors } from '../../kernels/kernel.ts'
import { transpose as kernel, TRANSPOSE_TILE } from '../../kernels/transpose.ts'
import type { LowerOp } from './lower-op.ts'

export const transpose: LowerOp<Transpose> = {
  full: ({ input, output, residual }, isFull) => [
    ...(isFull(output) ? [input] : []),
    ...(residual === undefined ? [] : [residual]),
  ],
  lower({ input, output, residual }, lowering) {
    const [rows, columns] = lowering.shape(input)
    const turn = kernel({
      input: lowering.storage(input),
      out: lowering.storage(output),
      residual: residual !== undefined,
    })
    return [
      {
        operands: [
          lowering.value(input),
          ...(residual === undefined ? [] : [lowering.value(residual)]),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: turn,
          params: [rows, columns, vectors(rows), vectors(columns)],
          workgroups: [
            Math.ceil(columns / TRANSPOSE_TILE),
            Math.ceil(rows / TRANSPOSE_TILE),
            images,
          ],
        }),
      },
    ]
  },
}
