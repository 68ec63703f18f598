import type { Target } from '../../checkpoint/write/target.ts'
import type { FileNames } from '../family.ts'
import { wholeTarget } from '../whole-weight.ts'
import type { MixerConfig } from './config.ts'
import { official } from './names/official.ts'
import { timm } from './names/timm.ts'
import { hasSlot, sizesOf, weightOf } from './weights.ts'

/** The tensors of a Mixer: under timm's names and layouts, which timm reads as they are, or under the release's. */
export function mixerTargets(config: MixerConfig, names: FileNames): Target[] {
  const { tensors, transposed } = names === 'own' ? timm : official
  const sizes = sizesOf(config)
  return tensors
    .filter(([, slot]) => hasSlot(slot, config))
    .flatMap(([name, slot, shape]) =>
      Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => {
        const whole = weightOf(slot, block, shape, sizes, transposed)
        const isMatrix = /_mixing\..*\.kernel$/.test(slot)
        return wholeTarget(name.replace('#', String(block)), whole, isMatrix)
      }),
    )
}
