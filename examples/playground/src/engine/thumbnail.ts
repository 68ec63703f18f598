import type { Picture } from './types.ts'

/** The side of a thumbnail, in pixels. */
const side = 96

/** The middle of a picture, small. */
export async function thumbnailOf(picture: Picture): Promise<Blob> {
  const bitmap = await createImageBitmap(picture)
  const { width, height } = bitmap
  const scale = side / Math.min(width, height)
  const canvas = new OffscreenCanvas(side, side)
  const [wide, tall] = [width * scale, height * scale]
  canvas.getContext('2d')!.drawImage(bitmap, (side - wide) / 2, (side - tall) / 2, wide, tall)
  bitmap.close()
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 })
}
