import type { Found } from '../../checkpoint/plan/found.ts'
import { countBlocks, sizesIn } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError } from '../../errors.ts'
import { squareSide } from '../vit/grid.ts'
import { channelsOf } from '../vit/infer.ts'
import type { MixerConfig } from './config.ts'
import type { MixerPublisher } from './names/publisher.ts'

/**
 * Reads a config off the names and shapes of a checkpoint. What shapes can't tell (GELU, epsilon, padding) comes from
 * the publisher; the image is taken for a square of whole patches.
 * @param overrides used as they are
 * @param assumed receives the image size, where the publisher also has models of others
 * @throws ArgumentError where the number of patches is that of no square
 */
export function inferMixer(
  model: Found<MixerPublisher>,
  overrides: Partial<MixerConfig>,
  assumed: string[],
): MixerConfig {
  const { file, publisher } = model
  const { present, sizes } = sizesIn(model)
  const patchSize = overrides.patchSize ?? ([sizes.h ?? 0, sizes.w ?? 0] as const)
  const { gelu, eps, padding } = publisher.defaults
  return {
    family: 'mixer',
    imageSize: overrides.imageSize ?? inferImageSize(),
    channels: channelsOf(sizes.C ?? 3, file.name),
    patchSize,
    padding,
    width: sizes.D ?? 0,
    depth: overrides.depth ?? countBlocks(model),
    tokenMlpWidth: sizes.T ?? 0,
    mlpWidth: sizes.M ?? 0,
    classes: present.has('head.kernel') ? (sizes.K ?? 0) : 0,
    gelu,
    eps,
    ...overrides,
  }

  function inferImageSize(): [number, number] {
    // If there are no patches, the list of missing tensors explains more.
    const side = sizes.S === undefined ? 1 : squareSide(sizes.S)
    if (side === undefined) {
      throw new ArgumentError(
        `${file.name} mixes ${sizes.S} patches, which are no square; pass the imageSize it was made for.`,
      )
    }
    const size: [number, number] = [side * patchSize[0], side * patchSize[1]]
    if (publisher.describedBy && side > 1) assumed.push(`imageSize ${size.join('x')}`)
    return size
  }
}
