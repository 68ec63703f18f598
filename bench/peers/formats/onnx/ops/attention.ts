import type { Attention } from '../../../../../src/program/ops/attention.ts'
import { refuseSoftmaxWeights } from '../../attention.ts'
import { keysAndValues } from '../key-values.ts'
import type { LowerOp } from '../lowering.ts'

export const attention: LowerOp<Attention> = (op, lowering) => {
  refuseSoftmaxWeights(op, 'ONNX Runtime')
  const { graph, batch } = lowering
  const out = lowering.name(op.output)
  const [queries, width] = lowering.shape(op.query)
  const [tokens] = lowering.shape(op.keyValue)
  const sizes = { batch, heads: op.heads, headWidth: width / op.heads, queries, tokens }
  const inputs = [lowering.images(op.query), ...keysAndValues(op.keyValue, lowering)] as const
  lowering.attend(graph, inputs, sizes, `${out}.all`)
  graph.reshape(`${out}.all`, lowering.stacked(op.output), out)
}
