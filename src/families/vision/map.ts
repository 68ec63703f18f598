import type { ProgramBuilder } from '../../program/builder.ts'
import { attention } from '../../program/layers/attention.ts'
import { constant } from '../../program/layers/constant.ts'
import { linear } from '../../program/layers/linear.ts'
import type { ValueId } from '../../program/values.ts'
import { addNorm } from './block.ts'
import type { VisionTower } from './config.ts'

/**
 * Attention pooling (the MAP head of Zhai et al. 2022): a learned query looks at all tokens, and an MLP follows.
 * @param x `[tokens, width]`
 * @returns `[1, width]`
 */
export function attentionPool(net: ProgramBuilder, config: VisionTower, x: ValueId): ValueId {
  const { width, activation, mapHeads, mapMlpWidth } = config
  const probe = constant(net, 'map.probe', [1, width])
  const query = linear(net, 'map.query', probe, width, { precise: true })
  const keyValue = linear(net, 'map.key_value', x, 2 * width)
  const mixed = attention(net, 'map.attention', query, keyValue, mapHeads)
  const pooled = linear(net, 'map.proj', mixed, width)
  const hidden = linear(net, 'map.fc1', addNorm(net, config, 'map.norm', pooled), mapMlpWidth, {
    activation,
  })
  return linear(net, 'map.fc2', hidden, width, { residual: pooled })
}
