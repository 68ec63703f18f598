import { ArgumentError } from '../../errors.ts'
import type { Recipe } from './recipes.ts'
import type { Region } from './region.ts'

/** The geometry of a recipe for an image of a given size, in pixels. */
export interface Geometry {
  /** The size that the whole image is resized to, `[height, width]`. */
  readonly resized: readonly [height: number, width: number]
  /** The part of the resized image that is kept. */
  readonly window: Region
  /** The position of that part in the target; above 0 only where the target is padded. */
  readonly at: { readonly top: number; readonly left: number }
}

/** Python's `round`: half to even. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x)
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/**
 * Computes sizes and offsets exactly as the libraries named in the recipes do.
 * @throws ArgumentError if the recipe does not resize and the image has the wrong size
 */
export function geometry(
  recipe: Recipe,
  [height, width]: readonly [height: number, width: number],
  target: readonly [height: number, width: number],
): Geometry {
  const resized = resizedSize(recipe, [height, width], target)
  const vertical = crop(resized[0], target[0], recipe.cropRounding)
  const horizontal = crop(resized[1], target[1], recipe.cropRounding)
  return {
    resized,
    window: {
      top: vertical.from,
      left: horizontal.from,
      height: vertical.length,
      width: horizontal.length,
    },
    at: { top: vertical.to, left: horizontal.to },
  }
}

function resizedSize(
  { fit, filter, cropFraction, resizeTo }: Recipe,
  [height, width]: readonly [number, number],
  target: readonly [number, number],
): readonly [height: number, width: number] {
  if (fit === 'crop' || fit === 'none') {
    checkUnresized(fit, [height, width], target)
    return [height, width]
  }
  const [down, across] =
    typeof cropFraction === 'number' ? [cropFraction, cropFraction] : cropFraction
  const tall = resizeTo ?? Math.floor(target[0] / down)
  const wide = resizeTo ?? Math.floor(target[1] / across)
  // Of a model that takes any size, the target is the picture's own.
  if (fit === 'squash' || fit === 'patches') return [tall, wide]
  if (fit === 'shorter' && filter.startsWith('tensorflow'))
    return rounded(tall, wide, height, width)
  if (fit === 'shorter' && tall === wide) {
    // torchvision's Resize with one number, as in transformers: the longer side is truncated.
    return height <= width
      ? [tall, Math.floor((tall * width) / height)]
      : [Math.floor((wide * height) / width), wide]
  }
  // timm's ResizeKeepRatio; it fails if a side rounds to 0, here it becomes 1.
  const ratios = [height / tall, width / wide] as const
  const ratio = fit === 'longer' ? Math.max(...ratios) : Math.min(...ratios)
  return [Math.max(1, roundHalfEven(height / ratio)), Math.max(1, roundHalfEven(width / ratio))]
}

/** LiT's `PreprocessImages`: both sides times the larger ratio, in f32, rounded half to even. */
function rounded(tall: number, wide: number, height: number, width: number) {
  const f32 = Math.fround
  const ratio = Math.max(f32(tall / height), f32(wide / width))
  const side = (length: number) => Math.max(1, roundHalfEven(f32(length * ratio)))
  return [side(height), side(width)] as const
}

function checkUnresized(
  fit: 'crop' | 'none',
  picture: readonly [height: number, width: number],
  target: readonly [height: number, width: number],
): void {
  const fits = (side: number, i: number) =>
    fit === 'none' ? side === target[i] : side >= target[i]!
  if (picture.every(fits)) return
  const [height, width] = picture
  throw new ArgumentError(
    `This picture is ${width} x ${height} pixels, and this model's preprocessing resizes none: ` +
      `give one of ${target[1]} x ${target[0]}${fit === 'crop' ? ' or more' : ''}, or another preprocess.`,
  )
}

/** Along one side: the part of the resized image that is kept, and its position in the target. */
function crop(resized: number, target: number, rounding: Recipe['cropRounding']) {
  if (resized < target) return { from: 0, length: resized, to: Math.floor((target - resized) / 2) }
  const half = (resized - target) / 2
  return {
    from: rounding === 'even' ? roundHalfEven(half) : Math.floor(half),
    length: target,
    to: 0,
  }
}
