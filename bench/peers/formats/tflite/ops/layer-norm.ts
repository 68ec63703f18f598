import type { LayerNorm } from '../../../../../src/program/ops/layer-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const layerNorm: LowerOp<LayerNorm> = ({ input, output, scale, bias, eps }, lowering) => {
  const { graph } = lowering
  const x = lowering.tensor(input)
  const whole = lowering.stacked(output)
  const perRow = [whole[0], 1]
  const average = graph.mean(x, 1)
  const variance = graph.mean(graph.apply('SQUARED_DIFFERENCE', [x, average], whole), 1)
  const epsilon = graph.floats(`eps ${eps}`, [1, 1], () => new Float32Array([eps]))
  const inverse = graph.apply('RSQRT', [graph.apply('ADD', [variance, epsilon], perRow)], perRow)
  const centred = graph.apply('SUB', [x, average], whole)
  const normal = graph.apply('MUL', [centred, inverse], whole)
  const stretched = graph.apply('MUL', [normal, lowering.constant(scale)], whole)
  return graph.apply('ADD', [stretched, lowering.constant(bias)], whole)
}
