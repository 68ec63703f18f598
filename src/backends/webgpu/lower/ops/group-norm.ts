import type { GroupNorm } from '../../../../program/ops/group-norm.ts'
import {
  CHUNK_ROWS,
  GROUP_NORM_THREADS,
  groupNormApply,
  groupNormChunks,
  groupNormGroups,
} from '../../kernels/groupnorm.ts'
import { floatBits, spread, vectors } from '../../kernels/kernel.ts'
import type { LowerOp } from './lower-op.ts'

/** Three dispatches: moments of chunks of rows, moments of groups, and the values. */
export const groupNorm: LowerOp<GroupNorm> = {
  full: ({ input, residual }) => (residual === undefined ? [input] : [input, residual]),
  lower({ input, output, scale, bias, residual, groups, eps, activation }, lowering) {
    const [rows, columns] = lowering.shape(input)
    const columns4 = vectors(columns)
    const chunks = Math.ceil(rows / CHUNK_ROWS)
    const chunkMoments = lowering.scratch(2 * chunks, columns)
    const groupMoments = lowering.scratch(2, columns)
    const groupKernel = groupNormGroups(lowering.options.subgroups)
    const applyKernel = groupNormApply({
      residual: residual !== undefined,
      activation,
      out: lowering.storage(output),
    })
    const threads = (count: number) => spread(Math.ceil(count / GROUP_NORM_THREADS))
    return [
      {
        operands: [lowering.value(input), lowering.value(chunkMoments)],
        makes: [chunkMoments],
        for: (images) => ({
          kernel: groupNormChunks(),
          params: [images, columns4, rows, chunks],
          workgroups: threads(images * chunks * columns4),
        }),
      },
      {
        operands: [
          lowering.value(chunkMoments),
          lowering.weight(scale),
          lowering.value(groupMoments),
        ],
        makes: [groupMoments],
        for: (images) => ({
          kernel: groupKernel,
          params: [images, columns, 4 * columns4, rows, chunks, groups, floatBits(eps)],
          workgroups: spread(images * groups),
        }),
      },
      {
        operands: [
          lowering.value(input),
          lowering.value(groupMoments),
          lowering.weight(bias),
          ...(residual === undefined ? [] : [lowering.value(residual)]),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: applyKernel,
          params: [images, columns4, rows],
          workgroups: threads(images * rows * columns4),
        }),
      },
    ]
  },
}
