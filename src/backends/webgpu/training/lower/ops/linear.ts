import type { LinearBackward } from '../../../../../program/training/linear.ts'
import type { Step } from '../../../lower/step.ts'
import type { LowerTrainingOp } from '../lowering.ts'
import { columnSumsStep } from './column-sums.ts'

export const linearBackward: LowerTrainingOp<LinearBackward> = (op, lowering) => {
  const { outputGradient, kernel, inputGradient } = op
  const [rows] = lowering.shape(outputGradient)
  const [inner, columns] = lowering.weightShape(kernel)
  const steps: Omit<Step, 'label'>[] = []
  if (inputGradient !== undefined) {
    steps.push({
      operands: [
        lowering.value(outputGradient),
        lowering.weight(kernel),
        lowering.value(inputGradient),
      ],
      makes: [inputGradient],
      for: (images) => lowering.turnedRight(images * rows, columns, inner),
    })
  }
  const ofKernel = lowering.gradient(op.kernelGradient)
  if (ofKernel) {
    steps.push({
      operands: [lowering.value(op.input!), lowering.value(outputGradient), ofKernel.operand],
      makes: [],
      for: (images) => lowering.turnedLeft(images * rows, inner, columns, ofKernel.adds),
    })
  }
  return [...steps, ...columnSumsStep(outputGradient, op.biasGradient, lowering)]
}
