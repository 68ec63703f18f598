import type { Found } from '../../checkpoint/plan/found.ts'
import { ArgumentError, CheckpointError, UnsupportedError } from '../../errors.ts'
import type { ViTConfig } from './config.ts'
import type { Dim } from './dims.ts'
import { prefixTokens, squareSide } from './grid.ts'
import type { VitPublisher } from './names/publisher.ts'
import type { Slot } from './slots.ts'

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
  const { file, publisher, stored } = model
  const present = new Set<Slot>()
  const sizes: Partial<Record<Dim, number>> = {}
  for (const [tensor, slot, shape] of publisher.tensors) {
    const name = stored.get(tensor.replace('#', '0'))
    if (name === undefined) continue
    present.add(slot)
    const found = file.tensors.get(name)!.shape
    const sides = shape.split(' ')
    if (found.length !== sides.length) continue
    sides.forEach((side, axis) => {
      sizes[side as Dim] ??= found[axis]!
    })
  }

  const channels = channelsOf(sizes.C ?? 3, file.name)
  const width = sizes.D ?? 0
  const classToken = present.has('class')
  const distilled = present.has('distillation')
  const hasHead = present.has('head.kernel')
  // transformers' pooler feeds nothing when there is a classifier.
  const hasRepresentation =
    present.has('pre_logits.kernel') && !(publisher.describedBy === 'transformers' && hasHead)
  const normAfterPool = present.has('fc_norm.scale')
  const patchSize = [sizes.h ?? 0, sizes.w ?? 0] as const
  return {
    family: 'vit',
    imageSize: overrides.imageSize ?? inferImageSize(),
    channels,
    patchSize,
    width,
    depth: overrides.depth ?? inferDepth(model),
    heads: overrides.heads ?? sizes.H ?? inferHeads(overrides.width ?? width, file.name, assumed),
    mlpWidth: sizes.M ?? 0,
    classifier: classToken && !normAfterPool ? 'token' : 'gap',
    classToken,
    distilled,
    representation: hasRepresentation ? (sizes.R ?? 0) : 0,
    classes: hasHead ? (sizes.K ?? 0) : 0,
    ...publisher.defaults,
    qkvBias: present.has('query.bias') || present.has('qkv.bias'),
    normAfterPool,
    ...overrides,
  }

  function inferImageSize(): [number, number] {
    const rows = sizes.P ?? 0
    const prefix = prefixTokens({ classToken, distilled })
    const side = squareSide(rows - prefix)
    if (side !== undefined) {
      const size: [number, number] = [side * patchSize[0], side * patchSize[1]]
      if (publisher.oblong && side > 1) assumed.push(`imageSize ${size.join('x')}`)
      return size
    }
    // If there is no position embedding, the list of missing tensors explains more.
    if (rows === 0) return [patchSize[0], patchSize[1]]
    const alone = squareSide(rows)
    const size = alone && `${alone * patchSize[0]}x${alone * patchSize[1]}`
    const others = prefix > 0 ? `, ${prefix} of them for other tokens,` : ''
    throw new ArgumentError(
      `The ${rows} positions of ${file.name}${others} are no square grid; pass the imageSize it was made for${size ? `, ${size} if all are of patches` : ''}.`,
    )
  }
}

function channelsOf(channels: number, file: string): ViTConfig['channels'] {
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

/** One more than the largest number of a block. */
export function inferDepth({ file, publisher, stored }: Found): number {
  const numbered = publisher.tensors.filter(([tensor]) => tensor.includes('#'))
  const beginnings = new Set(numbered.map(([tensor]) => tensor.slice(0, tensor.indexOf('#'))))
  let depth = 0
  for (const name of stored.keys()) {
    for (const beginning of beginnings) {
      if (!name.startsWith(beginning)) continue
      const number = /^\d+(?=[./])/.exec(name.slice(beginning.length))?.[0]
      if (number !== undefined) depth = Math.max(depth, Number(number) + 1)
    }
  }
  if (depth > file.tensors.size) {
    throw new CheckpointError(
      `${file.name} has a block of the number ${depth - 1}, but only ${file.tensors.size} tensors.`,
    )
  }
  return depth
}
