import { Opcode, WindowField } from '../../../../../assembly/tape.ts'
import type { Conv2d } from '../../../../program/ops/conv2d.ts'
import { BLOCK_ROWS } from '../lowering.ts'
import { emitPack } from '../packing.ts'
import { windowFields } from '../window-fields.ts'
import { emitProduct } from './linear.ts'
import type { LowerOp } from './lower-op.ts'

/** What a block of packed windows may take at least, in bytes: half of a small L2 cache. */
const BLOCK_BYTES = 2 ** 19

/** A product over windows, which are packed straight from the input. */
export const conv2d: LowerOp<Conv2d> = (op, lowering) => {
  const { input, output } = op
  const [rows] = lowering.shape(output)
  const [inner] = lowering.weightShape(op.kernel)
  const quantization = lowering.quantization(op.kernel)
  const product = { ...op, activation: 'none', residual: undefined } as const
  const blocks = lowering.blocksWithin(rows, Math.max(BLOCK_ROWS, BLOCK_BYTES / (4 * inner)))
  for (const block of blocks) {
    const fields = {
      ...lowering.fieldsOf(WindowField.Input, input, block.image),
      ...windowFields(op, lowering),
      [WindowField.First]: block.row,
    }
    const kind = Opcode.WindowPack
    const packed = emitPack(kind, output, block.rows, inner, quantization, fields, lowering)
    // After packing, so that the output may reuse the input's memory.
    if (block === blocks[0]) lowering.define(output)
    emitProduct(product, block, packed, lowering)
  }
}
