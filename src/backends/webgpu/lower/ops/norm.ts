import type { LayerNorm } from '../../../../program/ops/layer-norm.ts'
import type { RmsNorm } from '../../../../program/ops/rms-norm.ts'
import { floatBits, spread, vectors } from '../../kernels/kernel.ts'
import { norm as kernel } from '../../kernels/norm.ts'
import type { LowerOp } from './lower-op.ts'

/** A layer norm or an RMS norm. */
export const norm: LowerOp<LayerNorm | RmsNorm> = {
  full: ({ input }) => [input],
  lower(op, lowering) {
    const { input, output, scale, eps } = op
    const [count, columns] = lowering.shape(input)
    const normalize = kernel(op.op, lowering.storage(output), lowering.options.subgroups)
    return [
      {
        operands: [
          lowering.value(input),
          lowering.weight(scale),
          ...lowering.optional(op.op === 'rms_norm' ? undefined : op.bias),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: normalize,
          params: [images * count, columns, vectors(columns), floatBits(eps)],
          workgroups: spread(images * count),
        }),
      },
    ]
  },
}
