import { ArgumentError } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { show } from '../show.ts'

/**
 * Many images, as an iterable. A path and bytes can be iterated over too, and are one image.
 * @throws ArgumentError for anything else
 */
export function requireImages<T extends Iterable<ImageInput> | AsyncIterable<ImageInput>>(
  method: string,
  images: T,
): T {
  const isOne = typeof images === 'string' || ArrayBuffer.isView(images)
  if (!isOne && typeof images === 'object' && images !== null && isIterable(images)) return images
  throw new ArgumentError(
    `${method} takes an iterable of images, such as an array, not ${show(images)}${isOne ? '; put a single image into an array' : ''}.`,
  )
}

const isIterable = (images: object): boolean =>
  typeof (images as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function' ||
  typeof (images as Iterable<unknown>)[Symbol.iterator] === 'function'
