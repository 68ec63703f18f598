import type { Conv2d } from '../../../../../src/program/ops/conv2d.ts'
import { arePatches } from '../../windows.ts'
import { convolution } from '../convolution.ts'
import { layer } from '../layer.ts'
import type { LowerOp } from '../lowering.ts'

export const conv2d: LowerOp<Conv2d> = (op, lowering) =>
  arePatches(op.window) ? patches(op, lowering) : convolution(op, op.window, lowering)

/** Patches are cut by a transposition, so that their projection is a product like any other. */
const patches: LowerOp<Conv2d> = (op, lowering) => {
  const { graph, batch } = lowering
  const [height, width] = op.window.grid
  const [patchHeight, patchWidth] = op.window.size
  const [, channels] = lowering.shape(op.input)
  const patchStride = channels * patchWidth
  const [gridHeight, gridWidth] = op.window.outputs
  const out = lowering.name(op.output)
  let pixels = lowering.name(op.input)
  if (height % patchHeight > 0 || width % patchWidth > 0) {
    const cuts = [
      [1, 0, gridHeight * patchHeight],
      [2, 0, gridWidth * patchStride],
    ] as const
    const rows = graph.reshape(pixels, [batch, height, width * channels], `${out}.rows`)
    pixels = graph.slice(rows, cuts, `${out}.whole`)
  }
  const split = [batch * gridHeight, patchHeight, gridWidth, patchStride]
  const cut = graph.reshape(pixels, split, `${out}.cut`)
  const turned = graph.node('Transpose', [cut], `${out}.turned`, { perm: [0, 2, 1, 3] })
  const dims = [batch * gridHeight * gridWidth, patchHeight * patchStride]
  layer(op, lowering, out, { input: graph.reshape(turned, dims, `${out}.patches`) })
}
