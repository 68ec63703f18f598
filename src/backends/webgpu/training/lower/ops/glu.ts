import type { GluBackward } from '../../../../../program/training/glu.ts'
import { GLU_THREADS } from '../../../kernels/glu.ts'
import { spread } from '../../../kernels/kernel.ts'
import { gluBackward as kernel } from '../../kernels/glu.ts'
import type { LowerTrainingOp } from '../lowering.ts'

export const gluBackward: LowerTrainingOp<GluBackward> = (op, lowering) => {
  const { input, outputGradient, inputGradient, activation } = op
  const [count, columns] = lowering.shape(outputGradient)
  const whole = columns % 4 === 0
  const sizes = [columns, lowering.stride(input), lowering.stride(outputGradient)]
  const [half, stride, gradientStride] = sizes.map((size) => (whole ? size / 4 : size))
  const backward = kernel(activation, whole)
  return [
    {
      operands: [input, outputGradient, inputGradient].map((id) => lowering.value(id)),
      makes: [inputGradient],
      for: (images) => ({
        kernel: backward,
        params: [images * count, half!, stride!, gradientStride!],
        workgroups: spread(Math.ceil((images * count * stride!) / GLU_THREADS)),
      }),
    },
  ]
}
