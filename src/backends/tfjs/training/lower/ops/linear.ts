import type { LinearBackward } from '../../../../../program/training/linear.ts'
import { type LowerTrainingOp, multiplier, wanted } from '../lowering.ts'

export const linearBackward: LowerTrainingOp<LinearBackward> = (op, lowering) => {
  const { tf } = lowering
  const multiply = multiplier(lowering)
  return (value) => {
    const dy = value(op.outputGradient)
    return [
      wanted(op.inputGradient, () => multiply(dy, lowering.weight(op.kernel), false, true)),
      wanted(op.kernelGradient, () => multiply(value(op.input!), dy, true)),
      wanted(op.biasGradient, () => tf.sum(dy, 0)),
    ]
  }
}
