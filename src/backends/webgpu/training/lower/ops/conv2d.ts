import { UnsupportedError } from '../../../../../errors.ts'
import type { Conv2dBackward } from '../../../../../program/training/conv2d.ts'
import { spread, vectors } from '../../../kernels/kernel.ts'
import type { Step } from '../../../lower/step.ts'
import { UNFOLD_THREADS, unfold } from '../../kernels/unfold.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { columnSumsStep } from './column-sums.ts'

/** The kernel's gradient as of a linear layer over windows. Patches of images need no gradient of their input. */
export const conv2dBackward: LowerTrainingOp<Conv2dBackward> = (op, lowering) => {
  const { input, outputGradient, kernel, window } = op
  if (op.inputGradient !== undefined) {
    throw new UnsupportedError(
      'WebGPU does not compute conv2d_backward for the input of a convolution yet; train this model with the backend wasm.',
    )
  }
  const sums = columnSumsStep(outputGradient, op.biasGradient, lowering)
  const ofKernel = lowering.gradient(op.kernelGradient)
  if (!ofKernel) return sums
  const [rows] = lowering.shape(outputGradient)
  const [, channels] = lowering.shape(input)
  const [inner, columns] = lowering.weightShape(kernel)
  const windows = lowering.scratch(rows, inner)
  const cut = unfold({ window, channels, pitch: lowering.stride(input), skip: 0 })
  const inner4 = vectors(inner)
  const steps: Omit<Step, 'label'>[] = [
    {
      operands: [lowering.value(input), lowering.value(windows)],
      makes: [windows],
      for: (images) => ({
        kernel: cut,
        params: [images * rows, inner4],
        workgroups: spread(Math.ceil((images * rows * inner4) / UNFOLD_THREADS)),
      }),
    },
    {
      operands: [lowering.value(windows), lowering.value(outputGradient), ofKernel.operand],
      makes: [],
      for: (images) => lowering.turnedLeft(images * rows, inner, columns, ofKernel.adds),
    },
  ]
  return [...steps, ...sums]
}
