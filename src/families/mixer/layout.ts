import type { Found } from '../../checkpoint/plan/found.ts'
import type { Layout } from '../../checkpoint/plan/layout.ts'
import { sizesIn } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError } from '../../errors.ts'
import { wholePiece } from '../whole-weight.ts'
import { countPatches, type MixerConfig } from './config.ts'
import type { MixerPublisher } from './names/publisher.ts'
import { hasSlot, sizesOf, weightOf } from './weights.ts'

/**
 * What a Mixer of this config wants of a file.
 * @throws ArgumentError where the file has fewer blocks, the image holds no patch, or not as many as the file mixes
 */
export function mixerLayout(config: MixerConfig, found: Found<MixerPublisher>): Layout {
  const { file, publisher } = found
  if (config.depth > file.tensors.size) {
    throw new ArgumentError(`${file.name} has not the ${config.depth} blocks that are asked for.`)
  }
  const sizes = sizesOf(config)
  checkPatches(config, sizes.S!, found)
  const shapes = new Map(publisher.tensors.map(([, slot, shape]) => [slot, shape]))
  const weight = (slot: string, block: number) =>
    weightOf(slot, block, shapes.get(slot)!, sizes, publisher.transposed)
  return {
    title: `an MLP-Mixer of width ${config.width} and ${config.depth} blocks`,
    blocks: config.depth,
    sizes,
    has: (slot) => hasSlot(slot, config),
    isOptional: (slot) => slot.startsWith('head.'),
    pieces: (slot, block, tensor) => [wholePiece(weight(slot, block), tensor.name)],
    // A head may have no bias; zeros are its kernel times 0.
    absent(slot) {
      const head = found.tensor('head.kernel')
      if (!head || slot !== 'head.bias') return undefined
      return [wholePiece(weight(slot, 0), head.name, 0)]
    },
  }
}

/** Tokens are mixed by matrices with a row for every patch, so that no image with more or fewer runs. */
function checkPatches(
  { imageSize, patchSize, padding }: MixerConfig,
  patches: number,
  found: Found<MixerPublisher>,
): void {
  const mixed = sizesIn(found).sizes.S
  if (mixed === undefined || mixed === patches) return
  throw new ArgumentError(
    `An image of ${imageSize.join(' x ')} pixels has ${patches} patches of ${patchSize.join(' x ')}${padding === 'same' ? ' (padded)' : ''}, and ${found.file.name} mixes ${mixed}: the weights that mix tokens have a row for each, and can't be resized as position embeddings can. Leave imageSize out.`,
  )
}

/** Has an image of that size as many patches as the file mixes? */
export function fitsSize(
  imageSize: MixerConfig['imageSize'],
  config: MixerConfig,
  found: Found,
): boolean {
  const { S } = sizesIn(found).sizes
  const holdsOne = imageSize.every((side, axis) => side >= config.patchSize[axis]!)
  return S === undefined || (holdsOne && S === countPatches({ ...config, imageSize }))
}
