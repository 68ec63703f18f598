import type { Attention } from '../../../../../src/program/ops/attention.ts'
import { refuseSoftmaxWeights, scoreOffsets, scoreScale } from '../../attention.ts'
import { keysAndValues } from '../key-values.ts'
import type { LowerOp } from '../lowering.ts'

export const attention: LowerOp<Attention> = (op, lowering) => {
  refuseSoftmaxWeights(op, 'LiteRT')
  const { graph, outer } = lowering
  const { heads } = op
  const [queries, width] = lowering.shape(op.query)
  const [tokens] = lowering.shape(op.keyValue)
  const headWidth = width / heads
  const { keys, values } = keysAndValues(op.keyValue, lowering)
  // `[rows, heads, head width]` to `[heads, rows, head width]` and back
  const order = [...outer.keys(), ...[1, 0, 2].map((i) => i + outer.length)]
  const dims = [...outer, heads, queries, tokens]
  const products = product(byHead(scaledQuery(), queries), byHead(keys, tokens), tokens, 1)
  const probabilities = graph.apply('SOFTMAX', [withOffsets(products)], dims, [
    { field: 0, float32: 1 },
  ])
  const sums = product(probabilities, byHead(values, tokens), headWidth, 0)
  return graph.reshape(graph.transpose(sums, order), lowering.stacked(op.output))

  function withOffsets(scores: number): number {
    const bias = op.bias === undefined ? undefined : lowering.weight(op.bias).values
    const offsets = scoreOffsets(op, queries, tokens, bias)
    if (offsets === undefined) return scores
    const shape = [...outer.map(() => 1), offsets.heads, queries, tokens]
    const added = graph.floats(`offsets ${op.output}`, shape, offsets.values)
    return graph.apply('ADD', [scores, added], dims)
  }

  function scaledQuery(): number {
    const query = lowering.tensor(op.query)
    if (lowering.scaledQueryLayers.has(op.query)) return query
    const scale = new Float32Array([scoreScale(lowering.program, op)])
    const factor = graph.floats(`scale ${headWidth}`, [1, 1], () => scale)
    return graph.apply('MUL', [query, factor], lowering.stacked(op.query))
  }

  function byHead(tensor: number, rows: number): number {
    return graph.transpose(graph.reshape(tensor, [...outer, rows, heads, headWidth]), order)
  }

  function product(left: number, right: number, columns: number, rightTransposed: 0 | 1): number {
    const options = [
      { field: 0, int8: 0 },
      { field: 1, int8: rightTransposed },
    ]
    return graph.apply('BATCH_MATMUL', [left, right], [...outer, heads, queries, columns], options)
  }
}
