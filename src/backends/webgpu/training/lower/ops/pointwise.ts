import type { Activate, ActivateBackward } from '../../../../../program/training/activation.ts'
import type { Add } from '../../../../../program/training/add.ts'
import type { ValueId } from '../../../../../program/values.ts'
import { type Kernel, spread, vectors } from '../../../kernels/kernel.ts'
import type { Step } from '../../../lower/step.ts'
import * as kernels from '../../kernels/pointwise.ts'
import type { LowerTrainingOp, TrainingLowering } from '../lowering.ts'

export const activate: LowerTrainingOp<Activate> = (op, lowering) => {
  const { input, residual, output, activation } = op
  const reads = residual === undefined ? [input] : [input, residual]
  return [step(kernels.activate(activation, residual !== undefined), reads, output, lowering)]
}

export const activateBackward: LowerTrainingOp<ActivateBackward> = (op, lowering) => {
  const reads = [op.input, op.outputGradient]
  return [step(kernels.activateBackward(op.activation), reads, op.inputGradient, lowering)]
}

export const add: LowerTrainingOp<Add> = ({ one, other, output }, lowering) => [
  step(kernels.add(), [one, other], output, lowering),
]

function step(
  kernel: Kernel,
  reads: readonly ValueId[],
  output: ValueId,
  lowering: TrainingLowering,
): Omit<Step, 'label'> {
  const [rows, columns] = lowering.shape(output)
  return {
    operands: [...reads, output].map((id) => lowering.value(id)),
    makes: [output],
    for(images) {
      const count = images * rows * vectors(columns)
      const workgroups = spread(Math.ceil(count / kernels.POINTWISE_THREADS))
      return { kernel, params: [count], workgroups }
    },
  }
}
