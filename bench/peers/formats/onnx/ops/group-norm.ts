import type { GroupNorm } from '../../../../../src/program/ops/group-norm.ts'
import type { LowerOp } from '../lowering.ts'

/** As exporters write it: groups are the channels of an instance norm, and scale and bias follow. */
export const groupNorm: LowerOp<GroupNorm> = (op, lowering) => {
  const { graph, batch } = lowering
  const { groups, eps, residual, activation } = op
  const [rows, columns] = lowering.shape(op.input)
  const grid = lowering.grids.get(op.output)!
  const out = lowering.planesName(op.output)
  const x = lowering.planes(op.input, grid)
  const grouped = graph.reshape(x, [batch, groups, rows * (columns / groups)], `${out}.groups`)
  const ones = graph.floats(`ones.${groups}`, [groups], () => new Float32Array(groups).fill(1))
  const zeros = graph.floats(`zeros.${groups}`, [groups], () => new Float32Array(groups))
  const attributes = { epsilon: { float: eps } }
  const normal = graph.node(
    'InstanceNormalization',
    [grouped, ones, zeros],
    `${out}.normal`,
    attributes,
  )
  const planes = graph.reshape(normal, [batch, columns, ...grid], `${out}.regrouped`)
  const scaled = graph.node('Mul', [planes, lowering.perPlane(op.scale)], `${out}.scaled`)
  const steps: ((input: string, output: string) => string)[] = [
    (input, output) => graph.node('Add', [input, lowering.perPlane(op.bias)], output),
  ]
  if (residual !== undefined) {
    const other = lowering.planes(residual, grid)
    steps.push((input, output) => graph.node('Add', [input, other], output))
  }
  if (activation === 'relu') steps.push((input, output) => graph.node('Relu', [input], output))
  let last = scaled
  for (const [i, step] of steps.entries()) {
    last = step(last, i === steps.length - 1 ? out : `${out}.step${i}`)
  }
}
