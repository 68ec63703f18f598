import { requireAttached } from '../bytes/detached.ts'
import { ArgumentError } from '../errors.ts'
import { show } from '../fields.ts'
import { firstNonFinite } from '../finite.ts'
import type { ViTConfig } from '../models/config.ts'

type Size = ViTConfig['imageSize']

const valuesOf = ([height, width]: Size) => height * width * 3

/**
 * How many images the pixels are.
 * @param count how many they should be, where that was said
 * @throws ArgumentError where they are no whole images of this size
 */
export function countImages(pixels: Float32Array, count: number | undefined, size: Size): number {
  const isFloats = pixels instanceof Float32Array
  if (isFloats) requireAttached(pixels, 'the pixels')
  const images = count ?? (isFloats ? pixels.length / valuesOf(size) : 0)
  if (isFloats && images >= 1 && pixels.length === Math.floor(images) * valuesOf(size)) {
    return images
  }
  const found = isFloats ? `${pixels.length} values` : show(pixels)
  const counted = count === undefined ? '' : ` with a count of ${count}`
  throw new ArgumentError(
    `The pixels must be a Float32Array [count, ${size.join(', ')}, 3]${counted}, not ${found}.`,
  )
}

/**
 * The pixels of one image as an array of their own, whatever becomes of the caller's buffer.
 * @throws ArgumentError where they are not finite, or their buffer was transferred
 */
export function copyImage(pixels: Float32Array, index: number, size: Size): Float32Array {
  requireAttached(pixels, 'the pixels')
  const image = pixels.slice(index * valuesOf(size), (index + 1) * valuesOf(size))
  const wrong = firstNonFinite(image)
  if (wrong < 0) return image
  throw new ArgumentError(`The pixels must be finite, and value ${wrong} is ${image[wrong]}.`)
}
