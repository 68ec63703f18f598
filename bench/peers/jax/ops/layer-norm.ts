import type { LayerNorm } from '../../../../src/program/ops/layer-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const layerNorm: LowerOp<LayerNorm> = ({ input, scale, bias, eps }, lowering) => {
  const x = lowering.value(input)
  const centred = x.ref.sub(x.mean(1, { keepdims: true }))
  const variance = centred.ref.mul(centred.ref).mean(1, { keepdims: true })
  const normal = centred.div(lowering.jax.numpy.sqrt(variance.add(eps)))
  return normal.mul(lowering.weight(scale)).add(lowering.weight(bias))
}
