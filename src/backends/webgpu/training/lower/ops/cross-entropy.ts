import type { CrossEntropy } from '../../../../../program/training/cross-entropy.ts'
import { floatBits, spread } from '../../../kernels/kernel.ts'
import { crossEntropy as kernel } from '../../kernels/cross-entropy.ts'
import type { LowerTrainingOp } from '../lowering.ts'

export const crossEntropy: LowerTrainingOp<CrossEntropy> = (op, lowering) => {
  const { logits, targets, loss, logitsGradient, weight } = op
  const [, columns] = lowering.shape(logits)
  return [
    {
      operands: [logits, targets, loss, logitsGradient].map((id) => lowering.value(id)),
      makes: [loss, logitsGradient],
      for: (images) => ({
        kernel: kernel(lowering.options.subgroups),
        params: [images, columns, lowering.stride(logits), floatBits(weight)],
        workgroups: spread(images),
      }),
    },
  ]
}
