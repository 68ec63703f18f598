import type { Found } from '../../checkpoint/plan/found.ts'
import { countBlocks, sizesIn } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { EncoderConfig, ViTConfig } from './config.ts'
import { prefixTokens, squareSide } from './grid.ts'
import type { EncoderPublisher, VitPublisher } from './names/publisher.ts'

/** Heads of published widths that don't follow the rule of 64 values per head. */
const headsByWidth: Readonly<Record<number, number>> = { 1280: 16, 1408: 16, 1664: 16, 1792: 16 }

/**
 * Reads a config off the names and shapes of a checkpoint. What shapes can't tell (GELU, epsilon,
 * often the heads) comes from the publisher and from the widths that were published.
 * @param overrides used as they are
 * @param assumed receives, in words, every value that nothing states
 * @throws ArgumentError naming a value that the caller must pass
 */
export function inferConfig(
  model: Found<VitPublisher>,
  overrides: Partial<ViTConfig>,
  assumed: string[] = [],
): ViTConfig {
  const encoder = inferEncoder(model, overrides, assumed)
  const channels = channelsOf(encoder.channels, model.file.name)
  return { family: 'vit', ...encoder, channels, ...overrides }
}

/**
 * The same of a transformer over the features of another net.
 * @param stride pixels of the image to each position that patches are cut from, in both directions
 * @returns `imageSize` in pixels of the image, `channels` of what patches are cut from
 */
export function inferEncoder(
  model: Found<EncoderPublisher>,
  overrides: Partial<EncoderConfig>,
  assumed: string[],
  stride = 1,
): EncoderConfig {
  const { file, publisher } = model
  const { present, sizes } = sizesIn(model)
  const width = sizes.D ?? 0
  const classToken = present.has('class')
  const distilled = present.has('distillation')
  const hasHead = present.has('head.kernel')
  // transformers' pooler feeds nothing when there is a classifier.
  const hasRepresentation =
    present.has('pre_logits.kernel') && !(publisher.describedBy === 'transformers' && hasHead)
  const normAfterPool = present.has('fc_norm.scale')
  const patchSize = [sizes.h ?? 0, sizes.w ?? 0] as const
  const { gelu, eps } = publisher.defaults
  return {
    imageSize: overrides.imageSize ?? inferImageSize(),
    channels: sizes.C ?? 3,
    patchSize,
    width,
    depth: overrides.depth ?? countBlocks(model),
    heads: overrides.heads ?? sizes.H ?? inferHeads(overrides.width ?? width, file.name, assumed),
    mlpWidth: sizes.M ?? 0,
    classifier: classToken && !normAfterPool ? 'token' : 'gap',
    classToken,
    distilled,
    representation: hasRepresentation ? (sizes.R ?? 0) : 0,
    classes: hasHead ? (sizes.K ?? 0) : 0,
    gelu,
    eps,
    qkvBias: present.has('query.bias') || present.has('qkv.bias'),
    normAfterPool,
  }

  function inferImageSize(): [number, number] {
    const rows = sizes.P ?? 0
    const prefix = prefixTokens({ classToken, distilled })
    const sizeOf = (side: number): [number, number] => [
      side * patchSize[0] * stride,
      side * patchSize[1] * stride,
    ]
    const side = squareSide(rows - prefix)
    if (side !== undefined) {
      const size = sizeOf(side)
      if (publisher.oblong && side > 1) assumed.push(`imageSize ${size.join('x')}`)
      return size
    }
    // If there is no position embedding, the list of missing tensors explains more.
    if (rows === 0) return sizeOf(1)
    const alone = squareSide(rows)
    const size = alone && sizeOf(alone).join('x')
    const others = prefix > 0 ? `, ${prefix} of them for other tokens,` : ''
    throw new ArgumentError(
      `The ${rows} positions of ${file.name}${others} are no square grid; pass the imageSize it was made for${size ? `, ${size} if all are of patches` : ''}.`,
    )
  }
}

/** @throws UnsupportedError for images that are neither RGB nor grey */
export function channelsOf(channels: number, file: string): ViTConfig['channels'] {
  if (channels === 1 || channels === 3) return channels
  throw new UnsupportedError(
    `${file} takes images of ${channels} channels; models of 3 (RGB) and of 1 (grey) are run.`,
  )
}

function inferHeads(width: number, file: string, assumed: string[]): number {
  const heads = headsByWidth[width] ?? width / 64
  if (Number.isInteger(heads)) {
    assumed.push(`heads ${heads}`)
    return heads
  }
  throw new ArgumentError(
    `${file} does not say how many heads it has, and ${width} is no width that was published; pass heads.`,
  )
}
