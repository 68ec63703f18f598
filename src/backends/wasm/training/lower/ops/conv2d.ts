import {
  Activation,
  GemmField,
  Opcode,
  PackField,
  WindowField,
} from '../../../../../../assembly/tape.ts'
import { TrainingOpcode, WindowBackwardField } from '../../../../../../assembly/training/tape.ts'
import type { Conv2dBackward } from '../../../../../program/training/conv2d.ts'
import type { ValueId } from '../../../../../program/values.ts'
import { BLOCK_ROWS } from '../../../lower/lowering.ts'
import { emitPack } from '../../../lower/packing.ts'
import { windowFields } from '../../../lower/window-fields.ts'
import { rowStride } from '../../../memory/layout.ts'
import type { TrainingLowering } from '../lowering.ts'
import {
  emitKernelGradient,
  packColumns,
  packPanels,
  panelBytes,
  transposedKernel,
} from '../products.ts'
import type { LowerTrainingOp } from './lower-op.ts'

/** Windows in one product of the gradient of a kernel: enough for its result to be loaded and stored seldom. */
const STEPS = 1000

export const conv2dBackward: LowerTrainingOp<Conv2dBackward> = (op, lowering) => {
  weightGradients(op, lowering)
  if (op.inputGradient !== undefined) inputGradient(op, op.inputGradient, lowering)
}

function weightGradients(op: Conv2dBackward, lowering: TrainingLowering): void {
  const kernel = lowering.shared(op.kernelGradient)
  const bias = lowering.shared(op.biasGradient)
  if (!kernel && !bias) return
  const [rows] = lowering.shape(op.outputGradient)
  const [inner, columns] = lowering.weightShape(op.kernel)
  const label = op.kernelGradient ?? op.biasGradient!
  const { stride } = lowering.locate(op.input)
  // A product takes some rows of one image, or those of several.
  const groups = rows > STEPS ? 1 : Math.min(lowering.images, Math.floor(STEPS / rows))
  const blocks = lowering.blocksWithin(rows, STEPS)
  for (let first = 0; first < blocks.length; first += groups) {
    const group = blocks.slice(first, first + groups)
    const steps = group.reduce((sum, block) => sum + block.rows, 0)
    const panels = lowering.tape.allocate(panelBytes(steps, columns, lowering))
    const packed = lowering.tape.allocate(4 * steps * inner)
    let from = 0
    for (const { image, row, rows } of group) {
      const place = { rows, from, inner: steps }
      const at = lowering.rowOf(op.outputGradient, image, row)
      const gradients = { ...place, at, stride: lowering.locate(op.outputGradient).stride }
      const sums = bias && { ...bias, adds: bias.adds || first + from > 0 }
      packPanels(panels, columns, gradients, sums, label, lowering)
      const windows = { ...windowFields(op, lowering), [WindowField.First]: row }
      const input = { ...place, at: lowering.rowOf(op.input, image), stride }
      if (kernel) packColumns(packed, inner, input, label, lowering, windows)
      from += rows
    }
    if (!kernel) continue
    const target = { ...kernel, adds: kernel.adds || first > 0 }
    emitKernelGradient(packed, panels, steps, target, label, lowering)
  }
}

/** The gradients of windows, image by image, and their sums where windows overlap. */
function inputGradient(op: Conv2dBackward, output: ValueId, lowering: TrainingLowering): void {
  const { outputGradient } = op
  const [rows] = lowering.shape(outputGradient)
  const [columns, inner] = lowering.weightShape(op.kernel)
  const { panel } = lowering.addresses.build
  const panels = transposedKernel(op.kernel, output, lowering)
  const stride = rowStride(columns)
  lowering.define(output)
  const blocks = lowering.blocksWithin(rows, BLOCK_ROWS)
  lowering.eachImage((image) => {
    const windows = lowering.tape.allocate(rows * stride)
    for (const { row, rows } of blocks.filter((block) => block.image === image)) {
      const source = lowering.fieldsOf(PackField.Input, outputGradient, image, row)
      const packed = emitPack(Opcode.Pack, output, rows, inner, undefined, source, lowering)
      const fields = {
        [GemmField.Packed]: packed,
        [GemmField.Panels]: panels,
        [GemmField.Output]: { ...windows, offset: row * stride },
        [GemmField.OutputStride]: stride,
        [GemmField.Rows]: rows,
        [GemmField.Inner]: inner,
        [GemmField.PanelCount]: Math.ceil(columns / panel),
        [GemmField.Bias]: lowering.addresses.zeros,
        [GemmField.Residual]: 0,
        [GemmField.ResidualStride]: 0,
        [GemmField.Activation]: Activation.None,
      }
      lowering.emit(Opcode.Gemm, output, fields, 2 * rows * inner * columns)
    }
    lowering.emitTraining(TrainingOpcode.WindowSums, output, {
      ...windowFields(op, lowering),
      [WindowField.Input]: windows,
      [WindowField.InputStride]: stride,
      ...lowering.fieldsOf(WindowField.Output, output, image),
      [WindowBackwardField.OutputRows]: op.window.outputs[0],
    })
  })
}
