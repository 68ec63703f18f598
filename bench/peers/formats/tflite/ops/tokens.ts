import type { Tokens } from '../../../../../src/program/ops/tokens.ts'
import type { WeightId } from '../../../../../src/program/values.ts'
import { repeated } from '../../matrix.ts'
import type { LowerOp } from '../lowering.ts'

export const tokens: LowerOp<Tokens> = ({ input, output, prefix, position }, lowering) => {
  const { graph, batch, outer } = lowering
  const dims = [...outer, ...lowering.shape(output)]
  const patches = lowering.images(input)
  const parts = prefix === undefined ? [patches] : [forEachImage(prefix), patches]
  const joined = graph.apply('CONCATENATION', parts, dims, [{ field: 0, int32: outer.length }])
  return lowering.merged(graph.apply('ADD', [joined, lowering.constant(position)], dims), output)

  function forEachImage(id: WeightId): number {
    const { name, shape, values } = lowering.weight(id)
    return graph.floats(name, [...outer, ...shape], () => repeated(values(), batch))
  }
}
