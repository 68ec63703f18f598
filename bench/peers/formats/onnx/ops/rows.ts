import type { Rows } from '../../../../../src/program/ops/rows.ts'
import type { LowerOp } from '../lowering.ts'

export const rows: LowerOp<Rows> = ({ input, output, from }, lowering) => {
  const { graph } = lowering
  const out = lowering.name(output)
  const to = from + lowering.shape(output)[0]
  const taken = graph.slice(lowering.images(input), [[1, from, to]], `${out}.run`)
  graph.reshape(taken, lowering.stacked(output), out)
}
