import type { Target } from '../../checkpoint/write/encode.ts'
import { wholeTarget } from '../whole-weight.ts'
import type { MixerConfig } from './config.ts'
import { timm } from './names/timm.ts'
import { hasSlot, sizesOf, weightOf } from './weights.ts'

/** The tensors of a Mixer under timm's names and layouts, which timm reads as they are. */
export function mixerTargets(config: MixerConfig): Target[] {
  const sizes = sizesOf(config)
  return timm.tensors
    .filter(([, slot]) => hasSlot(slot, config))
    .flatMap(([name, slot, shape]) =>
      Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => {
        const whole = weightOf(slot, block, shape, sizes, timm.transposed)
        const isMatrix = /_mixing\..*\.kernel$/.test(slot)
        return wholeTarget(name.replace('#', String(block)), whole, isMatrix)
      }),
    )
}
