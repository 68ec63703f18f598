import type { Conv2dBackward } from '../../../../../program/training/conv2d.ts'
import { type LowerTrainingOp, multiplier, wanted } from '../lowering.ts'
import { fold, unfold } from './window.ts'

/** As of a linear layer over the windows: its own kernels of gradients are missing in several backends. */
export const conv2dBackward: LowerTrainingOp<Conv2dBackward> = (op, lowering) => {
  const { tf } = lowering
  const { input, kernel, window } = op
  const [, channels] = lowering.shape(input)
  const multiply = multiplier(lowering)
  return (value) => {
    const dy = value(op.outputGradient)
    return [
      wanted(op.inputGradient, () =>
        fold(multiply(dy, lowering.weight(kernel), false, true), window, channels, lowering),
      ),
      wanted(op.kernelGradient, () =>
        multiply(unfold(value(input), window, channels, lowering), dy, true),
      ),
      wanted(op.biasGradient, () => tf.sum(dy, 0)),
    ]
  }
}
