import { roundHalfEven } from '../preprocess/geometry.ts'
import type { Region } from '../preprocess/region.ts'
import { type Next32, uniform, uniformBelow } from './draws.ts'

const f32 = Math.fround

/** The share of the picture that a box covers, and its width divided by its height. */
const AREA = [f32(0.05), 1] as const
const ASPECT = [f32(0.75), f32(1.33)] as const
const ATTEMPTS = 100

/**
 * A random box with 5 % to 100 % of a picture's area and an aspect ratio from 0.75 to 1.33: TensorFlow's
 * `sample_distorted_bounding_box` as the release calls it, which crops for training as Inception did. From the same
 * words it makes the same box. A box never touches the lower or right edge unless it fills that side.
 *
 * @param height in pixels, from 1
 * @param width in pixels, from 1
 */
export function distortedBox(height: number, width: number, next32: Next32): Region {
  const least = f32(f32(AREA[0] * width) * height)
  const most = f32(f32(AREA[1] * width) * height)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const aspect = f32(f32(uniform(next32) * f32(ASPECT[1] - ASPECT[0])) + ASPECT[0])
    const size = boxSize([height, width], [least, most], aspect, next32)
    if (!size) continue
    const top = size.height < height ? uniformBelow(height - size.height, next32) : 0
    const left = size.width < width ? uniformBelow(width - size.width, next32) : 0
    return { top, left, ...size }
  }
  return { top: 0, left: 0, height, width }
}

/** Undefined if there is no box of this aspect ratio, or rounding makes the one that was drawn too small or too large. */
function boxSize(
  [pictureHeight, pictureWidth]: readonly [number, number],
  [least, most]: readonly [number, number],
  aspect: number,
  next32: Next32,
): { height: number; width: number } | undefined {
  const widthOf = (height: number) => roundHalfEven(f32(height * aspect))
  let tallest = roundedRoot(most / aspect)
  if (widthOf(tallest) > pictureWidth) {
    tallest = Math.trunc((pictureWidth + 0.5 - f32(1e-7)) / aspect)
    if (widthOf(tallest) > pictureWidth) tallest--
  }
  tallest = Math.min(tallest, pictureHeight)
  const lowest = Math.min(roundedRoot(least / aspect), tallest)
  let height = lowest < tallest ? lowest + uniformBelow(tallest - lowest + 1, next32) : lowest
  if (widthOf(height) * height < least) height++
  if (widthOf(height) * height > most) height--
  const width = widthOf(height)
  const area = width * height
  const fits = height > 0 && width > 0 && height <= pictureHeight && width <= pictureWidth
  return fits && area >= least && area <= most ? { height, width } : undefined
}

const roundedRoot = (area: number) => roundHalfEven(f32(Math.sqrt(f32(area))))
