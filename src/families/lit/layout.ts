import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import { ArgumentError } from '../../errors.ts'
import type { Positions } from '../runnable.ts'
import { vitLayout } from '../vit/layout.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { hasTextSlot, isTextSlot, textDims, textPieces } from './slots.ts'
import { foundImageTower } from './towers.ts'

/**
 * What a LiT of this config wants of a file: both towers and the temperature. A model of images uses only the first.
 * @throws ArgumentError where the file has fewer blocks, or a text can be longer than there are positions
 */
export function litLayout(
  config: LiTConfig,
  found: Found,
  positions: Positions<LiTConfig>,
  assumed: string[],
): Layout {
  const image = vitLayout(imageTower(config), foundImageTower(found), positions, assumed)
  const { textDepth, maxLength, textPositions } = config
  if (textDepth > found.file.tensors.size) {
    throw new ArgumentError(
      `${found.file.name} has not the ${textDepth} blocks of a text tower that are asked for.`,
    )
  }
  if (maxLength > textPositions) {
    throw new ArgumentError(
      `maxLength is ${maxLength}, and the text tower has ${textPositions} positions.`,
    )
  }
  const text = Object.entries(textDims(config)).map(([name, size]) => [`t${name}`, size])
  return {
    title: `a LiT of width ${config.width} and ${config.depth} blocks for images, ${config.textWidth} and ${textDepth} for texts`,
    blocks: config.depth,
    blocksOf: (slot) => (isTextSlot(slot) ? textDepth : config.depth),
    sizes: { ...image.sizes, ...Object.fromEntries(text) },
    has: (slot) => (isTextSlot(slot) ? hasTextSlot(slot, config) : image.has(slot)),
    // Without its head a tower makes embeddings of another space.
    isOptional: () => false,
    pieces: (slot, block, tensor) =>
      isTextSlot(slot)
        ? textPieces(slot, block, tensor.name, config)
        : image.pieces(slot, block, tensor),
    absent: () => undefined,
  }
}
