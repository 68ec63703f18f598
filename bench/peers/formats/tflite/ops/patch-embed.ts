import { type PatchEmbed, patchGrid } from '../../../../../src/program/ops/patch-embed.ts'
import { transposed } from '../../matrix.ts'
import { bias } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'

/** A convolution whose stride is its size. The filter is `[width, height, width, channels]` there. */
export const patchEmbed: LowerOp<PatchEmbed> = (op, lowering) => {
  const { graph, batch } = lowering
  const [patchHeight, patchWidth] = op.patchSize
  const [, channels] = lowering.shape(op.input)
  const [, width] = lowering.shape(op.output)
  const image = graph.reshape(lowering.tensor(op.input), [batch, ...op.grid, channels])
  const { name, values } = lowering.weight(op.kernel)
  const kernel = graph.floats(name, [width, patchHeight, patchWidth, channels], () =>
    transposed(values(), width),
  )
  const projected = graph.apply(
    'CONV_2D',
    [image, kernel, bias(op, lowering)],
    [batch, ...patchGrid(op), width],
    [
      { field: 0, int8: 1 }, // no padding
      { field: 1, int32: patchWidth },
      { field: 2, int32: patchHeight },
      { field: 4, int32: 1 },
      { field: 5, int32: 1 },
    ],
  )
  return graph.reshape(projected, lowering.stacked(op.output))
}
