import type { Rows } from '../../../../program/ops/rows.ts'
import type { ValueId } from '../../../../program/values.ts'
import { type Kernel, spread, vectors } from '../../kernels/kernel.ts'
import { rows as kernel, ROW_THREADS } from '../../kernels/rows.ts'
import type { Lowering } from '../lowering.ts'
import type { Operand, Step } from '../step.ts'
import type { LowerOp } from './lower-op.ts'

export const rows: LowerOp<Rows> = {
  full: ({ input, output }, isFull) => (isFull(output) ? [input] : []),
  lower({ input, output, from }, lowering) {
    const copy = kernel(lowering.storage(input), lowering.storage(output))
    return [rowStep(lowering, copy, [lowering.value(input)], input, output, from)]
  },
}

/**
 * A dispatch of a kernel of kernels/rows.ts.
 * @param first see the kernel
 */
export function rowStep(
  lowering: Lowering,
  kernel: Kernel,
  reads: readonly Operand[],
  input: ValueId,
  output: ValueId,
  first: number,
): Omit<Step, 'label'> {
  const [inRows] = lowering.shape(input)
  const [outRows, columns] = lowering.shape(output)
  const columns4 = vectors(columns)
  return {
    operands: [...reads, lowering.value(output)],
    makes: [output],
    for: (images) => ({
      kernel,
      params: [images * outRows, columns4, inRows, outRows, first],
      workgroups: spread(Math.ceil((images * outRows * columns4) / ROW_THREADS)),
    }),
  }
}
