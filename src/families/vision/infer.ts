import type { Found } from '../../checkpoint/plan/found.ts'
import { countBlocks, sizesIn } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError } from '../../errors.ts'
import { patchGrid, squareSide } from '../vit/grid.ts'
import { channelsOf } from '../vit/infer.ts'
import type { VisionTower } from './config.ts'
import { squareOf } from './positions.ts'
import { offsetsOf } from './relative-positions.ts'
import { isInterleaved } from './rope.ts'

/** Multiples of 64 that are also published with heads of another width: SigLIP's, ViT-H/14, ViT-g/14, DINOv3 7B. */
const otherHeads: ReadonlySet<number> = new Set([1152, 1280, 1408, 1536, 1664, 4096])

/**
 * Reads a config off the names and shapes of a checkpoint. What these can't tell comes from `known`, which is the
 * family's and the publisher's, or the caller must say it.
 * @param known what is so in files of this publisher where nothing says otherwise
 * @param overrides used as they are
 * @param assumed receives, in words, every value that nothing states
 * @throws ArgumentError naming a value that the caller must pass
 */
export function inferVision(
  found: Found,
  known: Partial<VisionTower>,
  overrides: Partial<VisionTower>,
  assumed: string[],
): VisionTower {
  const { file } = found
  const { present, sizes } = sizesIn(found)
  const has = (slot: string) => present.has(slot)
  const width = sizes.D ?? 0
  const mlpWidth = sizes.M ?? 0
  const given = { ...known, ...overrides }
  const classToken = has('class')
  const registers = has('registers') ? (sizes.R ?? 0) : 0
  const flat = has('flat_patch.kernel') ? flatPatch(sizes.I ?? 0) : undefined
  const patchSize = flat?.patchSize ?? ([sizes.h ?? 0, sizes.w ?? 0] as const)
  const hasHead = has('head.kernel')
  const gated = has('gate.kernel') || (sizes.W !== undefined && sizes.W === 2 * mlpWidth)
  // All gates are silu.
  const activation = overrides.activation ?? (gated ? 'silu' : known.activation)
  const heads = given.heads ?? sizes.H ?? headsOf(given.width ?? width)
  const rope = given.rope ?? 'none'
  const size = given.imageSize ?? imageSize()
  const config: VisionTower = {
    imageSize: size,
    channels: channelsOf(flat?.channels ?? sizes.C ?? 3, file.name),
    patchSize,
    width,
    depth: given.depth ?? countBlocks(found),
    heads,
    mlpWidth,
    activation: activation ?? demand('activation', 'the activation of its MLPs'),
    gated,
    norm: has('norm1.bias') ? 'layer' : 'rms',
    eps: given.eps ?? demand('eps', 'the epsilon of its norms'),
    patchBias: has('patch.bias'),
    patchNorm: has('patch_norm.scale'),
    classToken,
    registers,
    positions: has('position'),
    preNorm: has('norm_pre.scale'),
    qkvBias: has('qkv.bias') || has('key.bias') || (has('value.bias') ? 'query_value' : false),
    bias: has('fc2.bias'),
    rope,
    ropeBase:
      given.ropeBase ?? (rope === 'none' ? 1 : demand('ropeBase', 'the base of its rotations')),
    ropeGrid: given.ropeGrid ?? (isInterleaved({ rope }) ? ropeGrid() : [1, 1]),
    relativePositions: has('relative_positions'),
    attentionNorm: has('attention_norm.scale'),
    mlpNorm: has('mlp_norm.scale'),
    layerScale: has('layer_scale1'),
    finalNorm: has('norm.scale') ? 'tokens' : has('fc_norm.scale') ? 'pooled' : 'none',
    classifier: given.classifier ?? poolOf(),
    mapHeads: given.mapHeads ?? heads,
    mapMlpWidth: sizes.mM ?? 1,
    projection: has('projection.kernel') || has('projection.matrix') ? (sizes.E ?? 0) : 0,
    classes: hasHead ? (sizes.K ?? 0) : 0,
  }
  return { ...config, ...overrides }

  function demand(field: keyof VisionTower, what: string): never {
    throw new ArgumentError(
      `${file.name} does not say ${what}, nor does a config.json beside it: pass config.${field} (--config ${field}=…).`,
    )
  }

  /** A publisher all of whose models rotate counts places, so the grid is that of the image. */
  function ropeGrid(): VisionTower['ropeGrid'] {
    return known.rope === rope
      ? patchGrid({ imageSize: size, patchSize })
      : demand('ropeGrid', 'the grid of its rotations')
  }

  function headsOf(width: number): number {
    if (width % 64 !== 0 || otherHeads.has(width)) return demand('heads', 'how many heads it has')
    assumed.push(`heads ${width / 64}`)
    return width / 64
  }

  function poolOf(): VisionTower['classifier'] {
    if (has('map.probe')) return 'map'
    if (has('both_heads.kernel') && sizes['2D'] === 2 * width) return 'token_gap'
    return classToken && !has('fc_norm.scale') ? 'token' : 'gap'
  }

  /** Of a square image, if the rows of positions are of a square grid. */
  function imageSize(): [number, number] {
    const tokens = { classToken, registers }
    const rows = sizes.P
    const side =
      rows !== undefined
        ? squareOf(rows, tokens)
        : sizes.O !== undefined
          ? sideOfOffsets(sizes.O)
          : undefined
    if (side === undefined) return demand('imageSize', 'the size of its images')
    const size: [number, number] = [side * patchSize[0], side * patchSize[1]]
    if (side > 1) assumed.push(`imageSize ${size.join('x')}`)
    return size
  }
}

/** A square patch of so many values, of three channels where their number is three squares, else of one. */
function flatPatch(values: number) {
  const channels = squareSide(values / 3) === undefined ? 1 : 3
  const side = squareSide(values / channels) ?? 0
  return { channels, patchSize: [side, side] as const }
}

/** The side of the square grid with so many offsets. */
function sideOfOffsets(offsets: number): number | undefined {
  const side = Math.round((Math.sqrt(Math.max(0, offsets - 3)) + 1) / 2)
  return side > 0 && offsetsOf([side, side]) === offsets ? side : undefined
}
