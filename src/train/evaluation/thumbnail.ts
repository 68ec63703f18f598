import type { RGBImage } from '../../image/image.ts'
import { resizePillow } from '../../image/preprocess/pillow-resize.ts'

/** A picture whose longer side has at most so many pixels; a copy of a smaller one. */
export function thumbnailOf(image: RGBImage, side: number): RGBImage {
  const { width, height } = image
  const scale = side / Math.max(width, height)
  if (scale >= 1) return { width, height, data: image.data.slice() }
  const [tall, wide] = [height, width].map((all) => Math.max(1, Math.round(all * scale)))
  return resizePillow(image, [tall!, wide!], 'box')
}
