import { Opcode, PatchField } from '../../../../../assembly/tape.ts'
import { UnsupportedError } from '../../../../errors.ts'
import { type PatchEmbed, patchGrid } from '../../../../program/ops/patch-embed.ts'
import { emitProduct } from './linear.ts'
import type { LowerOp } from './lower-op.ts'

/** Patches are cut out of the image while they are packed. */
export const patchEmbed: LowerOp<PatchEmbed> = (op, lowering) => {
  const { input, output, grid, patchSize } = op
  const [, channels] = lowering.shape(input)
  const [rows] = lowering.shape(output)
  const [inner] = lowering.weightShape(op.kernel)
  const [gridRows, gridColumns] = patchGrid(op)
  const product = { ...op, activation: 'none', residual: undefined } as const
  const { stride } = lowering.locate(input)
  if (stride !== 4 * channels) {
    throw new UnsupportedError('patch_embed needs an image without gaps between its pixels.')
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
