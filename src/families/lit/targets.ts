import { shapeOf } from '../../checkpoint/plan/shape.ts'
import type { Target } from '../../checkpoint/write/target.ts'
import { dimsOf } from '../vit/dims.ts'
import { patchGrid, prefixTokens } from '../vit/grid.ts'
import { slotPieces } from '../vit/pieces.ts'
import { hasSlot, type Slot } from '../vit/slots.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { ownLiT } from './names.ts'
import { hasTextSlot, isTextSlot, textDims, textPieces } from './slots.ts'

/**
 * The tensors of a LiT, both towers, under the official names, which files of ours have too. Their kernels are
 * `[in, out]`, which int8 is not. The numbers of modules are Linen's: the BERT of the release has no others.
 */
export function litTargets(config: LiTConfig): Target[] {
  const image = imageTower(config)
  const [rows, columns] = patchGrid(image)
  const dims = dimsOf(image, prefixTokens(image) + rows * columns)
  const text = Object.entries(textDims(config)).map(([name, size]) => [`t${name}`, size])
  const sizes = { ...dims, ...Object.fromEntries(text) }
  const has = (slot: string) =>
    isTextSlot(slot) ? hasTextSlot(slot, config) : hasSlot(slot as Slot, image)
  return ownLiT.tensors.flatMap(([name, slot, shape]) => {
    if (!has(slot)) return []
    const isText = isTextSlot(slot)
    const blocks = isText ? config.textDepth : config.depth
    return Array.from({ length: name.includes('#') ? blocks : 1 }, (_, block) => ({
      name: name.replace('#', String(block)),
      shape: shapeOf(shape, sizes),
      isMatrix: false,
      pieces: isText
        ? textPieces(slot, block, '', config)
        : slotPieces(slot as Slot, block, '', image, dims, false, 1),
    }))
  })
}
