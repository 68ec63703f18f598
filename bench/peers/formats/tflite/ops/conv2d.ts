import type { Conv2d } from '../../../../../src/program/ops/conv2d.ts'
import { transposed } from '../../matrix.ts'
import { bias } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'

/** A convolution whose stride is its size. The filter is `[width, height, width, channels]` there. */
export const conv2d: LowerOp<Conv2d> = (op, lowering) => {
  const { graph, batch } = lowering
  const [patchHeight, patchWidth] = op.window.size
  const [, channels] = lowering.shape(op.input)
  const [, width] = lowering.shape(op.output)
  const image = graph.reshape(lowering.tensor(op.input), [batch, ...op.window.grid, channels])
  const { name, values } = lowering.weight(op.kernel)
  const kernel = graph.floats(name, [width, patchHeight, patchWidth, channels], () =>
    transposed(values(), width),
  )
  const projected = graph.apply(
    'CONV_2D',
    [image, kernel, bias(op, lowering)],
    [batch, ...op.window.outputs, width],
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
