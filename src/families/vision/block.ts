import type { ProgramBuilder } from '../../program/builder.ts'
import { glu } from '../../program/layers/glu.ts'
import { layerNorm } from '../../program/layers/layer-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { rmsNorm } from '../../program/layers/rms-norm.ts'
import type { ValueId } from '../../program/values.ts'
import type { VisionTower } from './config.ts'

/** A norm of the kind that the config says. */
export function addNorm(
  net: ProgramBuilder,
  { norm, eps }: Pick<VisionTower, 'norm' | 'eps'>,
  name: string,
  x: ValueId,
): ValueId {
  return norm === 'rms' ? rmsNorm(net, name, x, eps) : layerNorm(net, name, x, eps)
}

/**
 * The MLP of a block: `[rows, width]` to the same.
 * @param x its input, normed already
 */
export function addMlp(
  net: ProgramBuilder,
  config: VisionTower,
  name: string,
  residual: ValueId,
  x: ValueId,
): ValueId {
  const { width, mlpWidth, activation, gated, bias } = config
  let hidden: ValueId
  if (gated) {
    const both = linear(net, `${name}.fc1`, x, 2 * mlpWidth, { bias })
    hidden = glu(net, `${name}.glu`, both)
  } else {
    hidden = linear(net, `${name}.fc1`, x, mlpWidth, { bias, activation })
  }
  if (config.mlpNorm) hidden = addNorm(net, config, `${name}.mlp_norm`, hidden)
  return linear(net, `${name}.fc2`, hidden, width, { bias, residual })
}
