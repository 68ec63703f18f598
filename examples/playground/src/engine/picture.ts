import type { ImageInput } from 'vitrine'

/** Encoded, or a frame of a camera. */
export type Picture = Blob | ImageBitmap

/** A frame becomes pixels; vitrine reads files itself. */
export function inputOf(picture: Picture): ImageInput {
  if (picture instanceof Blob) return picture
  const { width, height } = picture
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.drawImage(picture, 0, 0)
  picture.close()
  return context.getImageData(0, 0, width, height)
}
