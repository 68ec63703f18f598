import type { Tokens } from '../../../../../src/program/ops/tokens.ts'
import type { WeightId } from '../../../../../src/program/values.ts'
import { repeated } from '../../matrix.ts'
import type { LowerOp } from '../lowering.ts'

export const tokens: LowerOp<Tokens> = ({ input, output, prefix, position }, lowering) => {
  const { graph, batch } = lowering
  const out = lowering.name(output)
  const patches = lowering.images(input)
  const parts = prefix === undefined ? [patches] : [forEachImage(prefix), patches]
  const joined = graph.node('Concat', parts, `${out}.joined`, { axis: 1 })
  const { name, shape, values } = lowering.weight(position)
  const placed = graph.node('Add', [joined, graph.floats(name, shape, values)], `${out}.placed`)
  graph.reshape(placed, lowering.stacked(output), out)

  function forEachImage(id: WeightId): string {
    const { name, shape, values } = lowering.weight(id)
    return graph.floats(name, [batch, ...shape], () => repeated(values(), batch))
  }
}
