import type { RmsNorm } from '../../../../../src/program/ops/rms-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const rmsNorm: LowerOp<RmsNorm> = ({ input, output, scale, eps }, lowering) => {
  const { graph } = lowering
  const x = lowering.tensor(input)
  const whole = lowering.stacked(output)
  const perRow = [whole[0], 1]
  const mean = graph.mean(graph.apply('MUL', [x, x], whole), 1)
  const epsilon = graph.floats(`eps ${eps}`, [1, 1], () => new Float32Array([eps]))
  const inverse = graph.apply('RSQRT', [graph.apply('ADD', [mean, epsilon], perRow)], perRow)
  const normal = graph.apply('MUL', [x, inverse], whole)
  return graph.apply('MUL', [normal, lowering.constant(scale)], whole)
}
