import { ArgumentError, CheckpointError, UnsupportedError } from '../errors.ts'
import type { ViTConfig } from '../models/config.ts'
import type { CheckpointFile } from './checkpoint.ts'
import type { Dim } from './names/dims.ts'
import type { PublisherName } from './names/publisher.ts'
import type { Recognised } from './names/recognise.ts'
import type { Slot } from './names/slots.ts'
import { squareSide } from './position-pieces.ts'

/** The other publishers have square grids only. */
export const mayBeOblong = (publisher: PublisherName) =>
  publisher === 'timm' || publisher === 'huggingface'

/** Heads of published widths that don't follow the rule of 64 values per head. */
const headsByWidth: Readonly<Record<number, number>> = { 1280: 16, 1408: 16, 1664: 16, 1792: 16 }

/**
 * Reads a config off the names and shapes of a checkpoint. What shapes can't tell (GELU, epsilon,
 * often the heads) comes from the publisher and from the widths that were published.
 * @param overrides taken as they are
 * @param assumed takes, in words, what neither tells and was taken for granted
 * @throws ArgumentError where something must be told, with its name
 */
export function inferConfig(
  file: CheckpointFile,
  { publisher, stored }: Recognised,
  overrides: Partial<ViTConfig>,
  assumed: string[] = [],
): ViTConfig {
  const present = new Set<Slot>()
  const sizes: Partial<Record<Dim, number>> = {}
  for (const [tensor, slot, shape] of publisher.tensors) {
    const name = stored.get(tensor.replace('#', '0'))
    if (name === undefined) continue
    present.add(slot)
    const found = file.tensors.get(name)!.shape
    const sides = shape.split(' ')
    if (found.length !== sides.length) continue
    if (slot === 'patch.kernel') checkChannels(found[sides.indexOf('3')]!, file.name)
    sides.forEach((side, axis) => {
      sizes[side as Dim] ??= found[axis]!
    })
  }

  const width = sizes.D ?? 0
  const classToken = present.has('class')
  const distilled = present.has('distillation')
  const hasHead = present.has('head.kernel')
  // transformers' pooler feeds nothing when there is a classifier.
  const hasRepresentation =
    present.has('pre_logits.kernel') && !(publisher.name === 'huggingface' && hasHead)
  const normAfterPool = present.has('fc_norm.scale')
  const patchSize = [sizes.h ?? 0, sizes.w ?? 0] as const
  return {
    family: 'vit',
    imageSize: overrides.imageSize ?? inferImageSize(),
    patchSize,
    width,
    depth: overrides.depth ?? inferDepth(file, { publisher, stored }),
    heads: overrides.heads ?? sizes.H ?? inferHeads(overrides.width ?? width, file.name, assumed),
    mlpWidth: sizes.M ?? 0,
    classifier: classToken && !normAfterPool ? 'token' : 'gap',
    classToken,
    distilled,
    representation: hasRepresentation ? (sizes.R ?? 0) : 0,
    classes: hasHead ? (sizes.K ?? 0) : 0,
    gelu: publisher.gelu,
    eps: publisher.eps,
    qkvBias: present.has('query.bias') || present.has('qkv.bias'),
    normAfterPool,
    ...overrides,
  }

  function inferImageSize(): [number, number] {
    const rows = sizes.P ?? 0
    const prefix = Number(classToken) + Number(distilled)
    const side = squareSide(rows - prefix)
    if (side !== undefined) {
      const size: [number, number] = [side * patchSize[0], side * patchSize[1]]
      if (mayBeOblong(publisher.name) && side > 1) assumed.push(`imageSize ${size.join('x')}`)
      return size
    }
    // Without a position embedding the list of missing tensors is the better message.
    if (rows === 0) return [patchSize[0], patchSize[1]]
    const alone = squareSide(rows)
    const size = alone && `${alone * patchSize[0]}x${alone * patchSize[1]}`
    const others = prefix > 0 ? `, ${prefix} of them for other tokens,` : ''
    throw new ArgumentError(
      `The ${rows} positions of ${file.name}${others} are no square grid; pass the imageSize it was made for${size ? `, ${size} if all are of patches` : ''}.`,
    )
  }
}

function checkChannels(channels: number, file: string): void {
  if (channels === 3) return
  throw new UnsupportedError(
    `${file} takes images of ${channels} channel(s); models of 3 channels (RGB) are run.`,
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
function inferDepth(
  file: CheckpointFile,
  { publisher, stored }: Pick<Recognised, 'publisher' | 'stored'>,
): number {
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
