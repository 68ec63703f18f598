import type { LayerNorm } from '../../../../program/ops/layer-norm.ts'
import { floatBits, spread, vectors } from '../../kernels/kernel.ts'
import { layerNorm as kernel } from '../../kernels/layernorm.ts'
import type { LowerOp } from './lower-op.ts'

export const layerNorm: LowerOp<LayerNorm> = {
  full: ({ input }) => [input],
  lower({ input, output, scale, bias, eps }, lowering) {
    const [count, columns] = lowering.shape(input)
    const norm = kernel(lowering.storage(output), lowering.options.subgroups)
    return [
      {
        operands: [
          lowering.value(input),
          lowering.weight(scale),
          lowering.weight(bias),
          lowering.value(output),
        ],
        makes: [output],
        for: (images) => ({
          kernel: norm,
          params: [images * count, columns, vectors(columns), floatBits(eps)],
          workgroups: spread(images * count),
        }),
      },
    ]
  },
}
