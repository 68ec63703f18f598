import type { RmsNorm } from '../../../../src/program/ops/rms-norm.ts'
import type { LowerOp } from '../lowering.ts'

export const rmsNorm: LowerOp<RmsNorm> = ({ input, scale, eps }, lowering) => {
  const x = lowering.value(input)
  const mean = x.ref.mul(x.ref).mean(1, { keepdims: true })
  const normal = x.div(lowering.jax.numpy.sqrt(mean.add(eps)))
  return normal.mul(lowering.weight(scale))
}
