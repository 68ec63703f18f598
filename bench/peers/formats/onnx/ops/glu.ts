import type { Glu } from '../../../../../src/program/ops/glu.ts'
import type { LowerOp } from '../lowering.ts'
import { activations } from './linear.ts'

export const glu: LowerOp<Glu> = ({ input, output, activation }, lowering) => {
  const { graph } = lowering
  const out = lowering.name(output)
  const [, columns] = lowering.shape(output)
  const x = lowering.name(input)
  const left = graph.slice(x, [[1, 0, columns]], `${out}.left`)
  const right = graph.slice(x, [[1, columns, 2 * columns]], `${out}.right`)
  graph.node('Mul', [activations[activation](graph, left, `${out}.gate`), right], out)
}
