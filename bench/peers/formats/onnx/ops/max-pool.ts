import type { MaxPool } from '../../../../../src/program/ops/max-pool.ts'
import { windowAttributes } from '../convolution.ts'
import type { LowerOp } from '../lowering.ts'

/** Padding never is the largest value there. */
export const maxPool: LowerOp<MaxPool> = ({ input, output, window }, lowering) => {
  const planes = lowering.planes(input, window.grid)
  lowering.graph.node('MaxPool', [planes], lowering.planesName(output), windowAttributes(window))
}
