import { Activation, GemmField, Opcode } from '../../../../../../assembly/tape.ts'
import type { LinearBackward } from '../../../../../program/training/linear.ts'
import type { ValueId } from '../../../../../program/values.ts'
import type { Packing } from '../../../lower/packing.ts'
import type { TrainingLowering } from '../lowering.ts'
import {
  emitKernelGradient,
  packColumns,
  packPanels,
  panelBytes,
  type Steps,
  transposedKernel,
} from '../products.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const linearBackward: LowerTrainingOp<LinearBackward> = (op, lowering, packing) => {
  weightGradients(op, lowering)
  if (op.inputGradient !== undefined) inputGradient(op, op.inputGradient, lowering, packing)
}

/** The gradients of kernel and bias: one product over the rows of all images. */
function weightGradients(op: LinearBackward, lowering: TrainingLowering): void {
  const kernel = lowering.shared(op.kernelGradient)
  const bias = lowering.shared(op.biasGradient)
  if (!kernel && !bias) return
  const [inner, columns] = lowering.weightShape(op.kernel)
  const steps = lowering.images * lowering.shape(op.outputGradient)[0]
  const label = op.kernelGradient ?? op.biasGradient!
  const panels = lowering.tape.allocate(panelBytes(steps, columns, lowering))
  eachStack(op.outputGradient, steps, lowering, (stack) => {
    const sums = bias && { ...bias, adds: bias.adds || stack.from > 0 }
    packPanels(panels, columns, stack, sums, label, lowering)
  })
  if (!kernel || op.input === undefined) return
  const packed = lowering.tape.allocate(4 * steps * inner)
  eachStack(op.input, steps, lowering, (stack) => {
    packColumns(packed, inner, stack, label, lowering)
  })
  emitKernelGradient(packed, panels, steps, kernel, label, lowering)
}

function eachStack(
  id: ValueId,
  inner: number,
  lowering: TrainingLowering,
  visit: (stack: Steps) => void,
): void {
  let from = 0
  for (const { image, rows, stride } of lowering.stacked(id)) {
    visit({ at: lowering.rowOf(id, image), stride, rows, from, inner })
    from += rows
  }
}

/** The upstream gradient times the transposed kernel. */
function inputGradient(
  op: LinearBackward,
  output: ValueId,
  lowering: TrainingLowering,
  packing: Packing,
): void {
  const [columns, inner] = lowering.weightShape(op.kernel)
  const panels = transposedKernel(op.kernel, output, lowering)
  const blocks = packing.blocks(op.outputGradient, [])
  for (const block of blocks) {
    const packed = packing.pack(op.outputGradient, block, undefined)
    // After packing, so that the output may reuse the memory of what is packed.
    if (block === blocks[0]) lowering.define(output)
    const fields = {
      [GemmField.Packed]: packed,
      [GemmField.Panels]: panels,
      ...lowering.fieldsOf(GemmField.Output, output, block.image, block.row),
      [GemmField.Rows]: block.rows,
      [GemmField.Inner]: inner,
      [GemmField.PanelCount]: Math.ceil(columns / lowering.addresses.build.panel),
      [GemmField.Bias]: lowering.addresses.zeros,
      [GemmField.Residual]: 0,
      [GemmField.ResidualStride]: 0,
      [GemmField.Activation]: Activation.None,
    }
    lowering.emit(Opcode.Gemm, output, fields, 2 * block.rows * inner * columns)
  }
}
