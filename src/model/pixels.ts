import { requireAttached } from '../bytes/detached.ts'
import { ArgumentError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import { show } from '../show.ts'

/** Of one image. */
export type PixelShape = readonly [height: number, width: number, channels: number]

const valuesOf = ([height, width, channels]: PixelShape) => height * width * channels

/**
 * How many images the pixels are.
 * @param count how many they should be, where that was said
 * @throws ArgumentError where they are no whole images of this shape
 */
export function countImages(
  pixels: Float32Array,
  count: number | undefined,
  shape: PixelShape,
): number {
  const isFloats = pixels instanceof Float32Array
  if (isFloats) requireAttached(pixels, 'the pixels')
  const images = count ?? (isFloats ? pixels.length / valuesOf(shape) : 0)
  if (isFloats && images >= 1 && pixels.length === Math.floor(images) * valuesOf(shape)) {
    return images
  }
  const found = isFloats ? `${pixels.length} values` : show(pixels)
  const counted = count === undefined ? '' : ` with a count of ${count}`
  throw new ArgumentError(
    `The pixels must be a Float32Array [count, ${shape.join(', ')}]${counted}, not ${found}.`,
  )
}

/**
 * The pixels of one image as an array of their own, whatever becomes of the caller's buffer.
 * @throws ArgumentError where they are not finite, or their buffer was transferred
 */
export function copyImage(pixels: Float32Array, index: number, shape: PixelShape): Float32Array {
  requireAttached(pixels, 'the pixels')
  const image = pixels.slice(index * valuesOf(shape), (index + 1) * valuesOf(shape))
  const wrong = firstNonFinite(image)
  if (wrong < 0) return image
  throw new ArgumentError(`The pixels must be finite, and value ${wrong} is ${image[wrong]}.`)
}
