import type { Conv2d } from '../../../../../src/program/ops/conv2d.ts'
import { transposed } from '../../matrix.ts'
import { columnScales, isQuantized, quantized } from '../../quantize.ts'
import { bias } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'
import { inWindow } from '../window.ts'

/** The filter is `[width, window rows, window columns, channels]` there. */
export const conv2d: LowerOp<Conv2d> = (op, lowering) => {
  const { graph, batch, dtype } = lowering
  const { size, stride, outputs } = op.window
  const [, channels] = lowering.shape(op.input)
  const [, width] = lowering.shape(op.output)
  const { image, padding } = inWindow(op.input, op.window, lowering)
  const { name, values } = lowering.weight(op.kernel)
  const dims = [width, ...size, channels]
  const isInteger = isQuantized(dtype, name)
  const sums = graph.apply(
    isInteger ? 'CONV_2D_HYBRID' : 'CONV_2D',
    [image, isInteger ? integers() : floats(), bias(op, lowering)],
    [batch, ...outputs, width],
    [
      { field: 0, int8: padding },
      { field: 1, int32: stride[1] },
      { field: 2, int32: stride[0] },
      { field: 4, int32: 1 },
      { field: 5, int32: 1 },
    ],
  )
  return graph.reshape(sums, lowering.stacked(op.output))

  function floats(): number {
    return graph.floats(name, dims, () => transposed(values(), width))
  }

  function integers(): number {
    const scales = columnScales(values(), width)
    return graph.int8s(name, dims, scales, () => transposed(quantized(values(), scales), width))
  }
}
