import type { ValueId } from '../../../../../program/values.ts'
import { vectors } from '../../../kernels/kernel.ts'
import type { Step } from '../../../lower/step.ts'
import { columnSums, SUM_VECTORS } from '../../kernels/column-sums.ts'
import type { TrainingLowering } from '../lowering.ts'

/**
 * The sums of the columns of a value over all images, for a weight; nothing where that is frozen.
 * @param normal the input of a norm and its moments, whose normalised values are multiplied
 */
export function columnSumsStep(
  value: ValueId,
  gradient: ValueId | undefined,
  lowering: TrainingLowering,
  normal: readonly ValueId[] = [],
): Omit<Step, 'label'>[] {
  const sums = lowering.gradient(gradient)
  if (!sums) return []
  const [rows, columns] = lowering.shape(value)
  const columns4 = vectors(columns)
  const reads = [value, ...normal].map((id) => lowering.value(id))
  return [
    {
      operands: [...reads, sums.operand],
      makes: [],
      for: (images) => ({
        kernel: columnSums(normal.length > 0, sums.adds),
        params: [images * rows, columns4],
        workgroups: [Math.ceil(columns4 / SUM_VECTORS)],
      }),
    },
  ]
}
