import type { Constant } from '../../../../../src/program/ops/constant.ts'
import { repeated } from '../../matrix.ts'
import type { LowerOp } from '../lowering.ts'

export const constant: LowerOp<Constant> = ({ weight, output }, lowering) => {
  const { graph, batch } = lowering
  const { name, values } = lowering.weight(weight)
  return graph.floats(name, lowering.stacked(output), () => repeated(values(), batch))
}
