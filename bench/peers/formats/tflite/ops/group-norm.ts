import type { GroupNorm } from '../../../../../src/program/ops/group-norm.ts'
import type { LowerOp } from '../lowering.ts'

/**
 * Several operators, since there is none for it. Scale and bias are multiplied into the moments of the groups, so that
 * only two operators pass over the values once those are known. The last one includes the activation.
 */
export const groupNorm: LowerOp<GroupNorm> = (op, lowering) => {
  const { graph, batch } = lowering
  const { groups, eps, residual, activation } = op
  const [rows, columns] = lowering.shape(op.input)
  const width = columns / groups
  const whole = [batch, rows, groups, width]
  const perGroup = [batch, 1, groups, 1]
  const perColumn = [batch, 1, groups, width]
  const x = graph.reshape(lowering.tensor(op.input), whole)
  const average = mean(x)
  const variance = mean(graph.apply('SQUARED_DIFFERENCE', [x, average], whole))
  const epsilon = graph.floats(`eps ${eps} of groups`, [1, 1, 1, 1], () => new Float32Array([eps]))
  const sum = graph.apply('ADD', [variance, epsilon], perGroup)
  const factor = graph.apply(
    'MUL',
    [graph.apply('RSQRT', [sum], perGroup), vector(op.scale)],
    perColumn,
  )
  const moved = graph.apply('MUL', [average, factor], perColumn)
  const shift = graph.apply('SUB', [vector(op.bias), moved], perColumn)
  const scaled = graph.apply('MUL', [x, factor], whole)
  const last = activation === 'relu' ? [{ field: 0, int8: 1 }] : []
  const normal = graph.apply('ADD', [scaled, shift], whole, residual === undefined ? last : [])
  const merged = graph.reshape(normal, lowering.stacked(op.output))
  if (residual === undefined) return merged
  return graph.apply('ADD', [merged, lowering.tensor(residual)], lowering.stacked(op.output), last)

  /** Over all rows, then over the columns of each group. */
  function mean(tensor: number): number {
    return graph.mean(graph.mean(tensor, 1), 3)
  }

  function vector(id: GroupNorm['scale']): number {
    const { name, values } = lowering.weight(id)
    return graph.floats(`${name} of groups`, [1, 1, groups, width], values)
  }
}
