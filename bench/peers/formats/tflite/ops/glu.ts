import type { Glu } from '../../../../../src/program/ops/glu.ts'
import type { LowerOp } from '../lowering.ts'
import { activations } from './linear.ts'

export const glu: LowerOp<Glu> = ({ input, output, activation }, lowering) => {
  const { graph } = lowering
  const dims = lowering.stacked(output)
  const [, columns] = dims
  const x = lowering.tensor(input)
  const gate = activations[activation](graph, graph.slice(x, 1, 0, columns), dims)
  return graph.apply('MUL', [gate, graph.slice(x, 1, columns, columns)], dims)
}
