import type { Attention } from '../../../../../src/program/ops/attention.ts'
import { refuseSoftmaxWeights, scoreOffsets } from '../../attention.ts'
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
  const bias = op.bias === undefined ? undefined : lowering.weight(op.bias).values
  const offsets = scoreOffsets(op, queries, tokens, bias)
  const dims = offsets && [1, offsets.heads, queries, tokens]
  const added = dims && graph.floats(`${out}.offsets`, dims, offsets.values)
  lowering.attend(graph, inputs, sizes, `${out}.all`, added)
  graph.reshape(`${out}.all`, lowering.stacked(op.output), out)
}
