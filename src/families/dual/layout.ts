import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import { ArgumentError } from '../../errors.ts'
import type { Positions } from '../runnable.ts'
import { visionLayout, withoutAlternatives } from '../vision/layout.ts'
import type { DualConfig } from './config.ts'
import { hasTextSlot, isTextSlot, textDims, textPieces } from './slots.ts'
import { foundImageTower, foundTextTower } from './towers.ts'

/**
 * What a model of this config wants of a file: the tower for images and, where there is one, the tower for texts.
 * @param title for messages: `a CLIP`
 * @throws ArgumentError where the file has fewer blocks
 */
export function dualLayout(
  title: string,
  config: DualConfig,
  found: Found,
  positions: Positions<DualConfig>,
  assumed: string[],
): Layout {
  const image = visionLayout(title, config, foundImageTower(found), positions, assumed)
  const { textDepth, depth } = config
  if (textDepth > found.file.tensors.size) {
    throw new ArgumentError(
      `${found.file.name} has not the ${textDepth} blocks of a text tower that are asked for.`,
    )
  }
  const sizes = Object.entries(textDims(config)).map(([name, size]) => [`t${name}`, size])
  const text = withoutAlternatives(foundTextTower(found)).map(([name]) => name)
  const isOfText = new Set(text)
  return {
    ...image,
    blocksOf: (slot) => (isTextSlot(slot) ? textDepth : depth),
    sizes: { ...image.sizes, ...Object.fromEntries(sizes) },
    tensors: [
      ...image.tensors!,
      ...found.publisher.tensors.filter(
        ([name, slot]) => isTextSlot(slot) && (!slot.startsWith('text.') || isOfText.has(name)),
      ),
    ],
    has: (slot) => (isTextSlot(slot) ? hasTextSlot(slot, config) : image.has(slot)),
    // Without its projection a tower makes embeddings of another space.
    isOptional: isTextSlot,
    pieces: (slot, block, tensor) =>
      isTextSlot(slot)
        ? textPieces(slot, block, tensor.name, config)
        : image.pieces(slot, block, tensor),
    absent: () => undefined,
  }
}
