import type { MaxPool } from '../../../../../src/program/ops/max-pool.ts'
import type { LowerOp } from '../lowering.ts'
import { inWindow } from '../window.ts'

export const maxPool: LowerOp<MaxPool> = ({ input, output, window }, lowering) => {
  const { graph, batch } = lowering
  const { size, stride, outputs } = window
  const { image, padding } = inWindow(input, window, lowering, true)
  const pooled = graph.apply(
    'MAX_POOL_2D',
    [image],
    [batch, ...outputs, lowering.shape(input)[1]],
    [
      { field: 0, int8: padding },
      { field: 1, int32: stride[1] },
      { field: 2, int32: stride[0] },
      { field: 3, int32: size[1] },
      { field: 4, int32: size[0] },
    ],
  )
  return graph.reshape(pooled, lowering.stacked(output))
}
