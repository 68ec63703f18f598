import { shapeOf } from '../../checkpoint/plan/shape.ts'
import type { Target } from '../../checkpoint/write/target.ts'
import type { FileNames } from '../family.ts'
import { visionTargets } from '../vision/targets.ts'
import type { DualConfig } from './config.ts'
import { ownNames } from './names.ts'
import { hasTextSlot, isTextSlot, textDims, textPieces } from './slots.ts'

/** The matrices of the blocks, which may become int8. */
const matrices = /^text\.(qkv|proj|fc1|fc2)\.kernel$/

/** The tensors of a file of ours. */
export function dualTargets(config: DualConfig, names: FileNames): Target[] {
  const dims = Object.entries(textDims(config)).map(([name, size]) => [`t${name}`, size])
  const sizes = Object.fromEntries(dims)
  const text = ownNames.filter(([, slot]) => isTextSlot(slot) && hasTextSlot(slot, config))
  return [
    ...visionTargets(config, names),
    ...text.flatMap(([name, slot, shape]) =>
      Array.from({ length: name.includes('#') ? config.textDepth : 1 }, (_, block) => ({
        name: name.replace('#', String(block)),
        shape: shapeOf(shape, sizes),
        isMatrix: matrices.test(slot),
        pieces: textPieces(slot, block, '', config),
      })),
    ),
  ]
}
