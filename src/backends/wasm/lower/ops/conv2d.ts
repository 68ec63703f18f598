import { Opcode, PatchField } from '../../../../../assembly/tape.ts'
import { UnsupportedError } from '../../../../errors.ts'
import type { Conv2d } from '../../../../program/ops/conv2d.ts'
import { emitProduct } from './linear.ts'
import type { LowerOp } from './lower-op.ts'

/** Patches are cut out of the image while they are packed. */
export const conv2d: LowerOp<Conv2d> = (op, lowering) => {
  const { input, output } = op
  const { grid, size: patchSize, outputs } = op.window
  const [, channels] = lowering.shape(input)
  const [rows] = lowering.shape(output)
  const [inner] = lowering.weightShape(op.kernel)
  const [gridRows, gridColumns] = outputs
  const product = { ...op, activation: 'none', residual: undefined } as const
  const { stride } = lowering.locate(input)
  if (stride !== 4 * channels) {
    throw new UnsupportedError('conv2d needs an image without gaps between its pixels.')
  }
  lowering.eachImage((image) => {
    const packed = lowering.tape.allocate(rows * inner * 4)
    lowering.emit(Opcode.PatchPack, output, {
      [PatchField.Input]: lowering.rowOf(input, image),
      [PatchField.InputStride]: grid[1] * stride,
      [PatchField.Packed]: packed,
      [PatchField.GridRows]: gridRows,
      [PatchField.GridColumns]: gridColumns,
      [PatchField.PatchRows]: patchSize[0],
      [PatchField.PatchRun]: patchSize[1] * channels,
    })
    if (image === 0) lowering.define(output)
    emitProduct(product, { image, row: image * rows, rows }, packed, lowering)
  })
}
