import type { Loaded } from '../engine/types.ts'

/** A rectangle of a picture, in shares of its width and height; outside of 0 to 1 where a picture is padded. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * The part of a picture that the patches of a model cover.
 * @param picture `[height, width]` in pixels
 */
export function seenRegion(
  { fit: { fit, cropFraction, resizeTo }, config: { imageSize }, patchSize }: Loaded,
  picture: readonly [height: number, width: number],
): Region {
  // A model that keeps the aspect ratio sees all of it.
  if (fit === 'patches') return { left: 0, top: 0, width: 1, height: 1 }
  const fractions = typeof cropFraction === 'number' ? [cropFraction, cropFraction] : cropFraction
  const wanted = [0, 1].map((axis) => resizeTo ?? imageSize[axis]! / fractions[axis]!)
  const ratios = wanted.map((side, axis) => side / picture[axis]!)
  const [down, across] = [0, 1].map((axis) => {
    const scale = {
      squash: ratios[axis]!,
      shorter: Math.max(...ratios),
      longer: Math.min(...ratios),
      crop: 1,
      none: 1,
    }[fit]
    const shown = imageSize[axis]! / (picture[axis]! * scale)
    // What does not fill a patch is left out at the bottom and at the right.
    const patches = Math.floor(imageSize[axis]! / patchSize[axis]!) * patchSize[axis]!
    return { start: (1 - shown) / 2, length: (shown * patches) / imageSize[axis]! }
  })
  return {
    left: across!.start,
    top: down!.start,
    width: across!.length,
    height: down!.length,
  }
}
