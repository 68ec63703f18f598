import type { LayerNorm } from '../../../../../src/program/ops/layer-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const layerNorm: LowerOp<LayerNorm> = ({ input, output, scale, bias, eps }, lowering) => {
  const inputs = [lowering.name(input), lowering.vector(scale), lowering.vector(bias)]
  const attributes = { axis: -1, epsilon: { float: eps } }
  lowering.graph.node('LayerNormalization', inputs, lowering.name(output), attributes)
}
