import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import { ArgumentError } from '../../errors.ts'
import type { Positions } from '../runnable.ts'
import type { EncoderConfig } from './config.ts'
import { dimsOf } from './dims.ts'
import { isZeroHead, scaleWhenRead } from './distillation.ts'
import { patchGrid } from './grid.ts'
import type { EncoderPublisher } from './names/publisher.ts'
import { slotPieces } from './pieces.ts'
import { positionPieces } from './position-pieces.ts'
import { hasSlot, isOptional, type Slot } from './slots.ts'

/**
 * What a transformer of this config wants of a file.
 * @throws ArgumentError where the file has fewer blocks, or the image holds no patch
 */
export function vitLayout(
  config: EncoderConfig,
  found: Found<EncoderPublisher>,
  { resample, storedGrid, stored }: Positions,
  assumed: string[],
): Layout {
  checkSizes(config, found)
  const { publisher } = found
  const { transposed } = publisher
  const dims = dimsOf(config, found.tensor('position')?.shape.at(-2) ?? 0)
  const from = storedGrid ?? (stored && patchGrid({ ...config, ...stored }))

  function position(tensor: TensorInfo) {
    const prefix = ['class', 'distillation'].flatMap((slot) => found.tensor(slot)?.name ?? [])
    const pieces = positionPieces(tensor, config, prefix, { resample, storedGrid: from })
    if (!pieces) {
      return 'which does not tell its grid: pass storedGrid, the rows and columns of patches it was made for'
    }
    const resized = pieces.find((piece) => piece.rearrange)?.rearrange
    if (publisher.oblong && !from && resized?.kind === 'resize') {
      assumed.push(`a grid of ${resized.from.join('x')} positions in the file`)
    }
    return pieces
  }

  return {
    title: `a plain ViT of width ${config.width} and ${config.depth} blocks`,
    blocks: config.depth,
    sizes: dims,
    has: (slot) => hasSlot(slot as Slot, config),
    isOptional: (slot) => isOptional(slot as Slot),
    pieces(name, block, tensor) {
      const slot = name as Slot
      if (slot === 'position') return position(tensor)
      const scale = scaleWhenRead(slot, config, found)
      return slotPieces(slot, block, tensor.name, config, dims, transposed, scale)
    },
    // Zeros are the head's kernel times 0.
    absent(name) {
      const slot = name as Slot
      const head = found.tensor('head.kernel')
      if (!head || !isZeroHead(slot, found)) return undefined
      return slotPieces(slot, 0, head.name, config, dims, transposed, 0)
    },
  }
}

/** What would make the plan itself too large; everything else the model's program checks. */
export function checkSizes(
  config: Pick<EncoderConfig, 'depth' | 'imageSize' | 'patchSize'>,
  { file }: Found,
): void {
  if (config.depth > file.tensors.size) {
    throw new ArgumentError(`${file.name} has not the ${config.depth} blocks that are asked for.`)
  }
  if (!patchGrid(config).every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new ArgumentError(
      `An image of ${config.imageSize.join(' x ')} pixels holds no patch of ${config.patchSize.join(' x ')}.`,
    )
  }
}

/** Are there as many positions as an image of that size has patches, with or without those of tokens? */
export function fitsSize(
  imageSize: EncoderConfig['imageSize'],
  config: EncoderConfig,
  found: Found,
): boolean {
  const rows = found.tensor('position')?.shape.at(-2)
  const [down, across] = patchGrid({ ...config, imageSize })
  const prefix = Number(config.classToken) + Number(config.distilled)
  return rows === undefined || rows === down * across || rows === down * across + prefix
}
