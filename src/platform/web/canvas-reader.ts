import type { ReadRows } from '../platform.ts'
import { toBitmap } from './bitmap.ts'

/** Takes the pixels from the top of a canvas. */
type ReadCanvas = (
  context: OffscreenCanvasRenderingContext2D,
  width: number,
  height: number,
) => Uint8ClampedArray | Promise<Uint8ClampedArray>

const asImageData: ReadCanvas = (context, width, height) =>
  context.getImageData(0, 0, width, height).data

/** Browsers that add noise to canvases leave video frames as they are. */
const asVideoFrame: ReadCanvas = async (context, width, height) => {
  const frame = new VideoFrame(context.canvas, { timestamp: 0 })
  try {
    const data = new Uint8ClampedArray(4 * width * height)
    await frame.copyTo(data, { rect: { x: 0, y: 0, width, height }, format: 'RGBA' })
    return data
  } finally {
    frame.close()
  }
}

type Reader = (bitmap: ImageBitmap, most: number) => ReadRows

const readerOf =
  (read: ReadCanvas): Reader =>
  (bitmap, most) => {
    const { width } = bitmap
    const canvas = new OffscreenCanvas(width, Math.min(most, bitmap.height))
    const context = canvas.getContext('2d', { willReadFrequently: true })!
    context.globalCompositeOperation = 'copy'
    return async (y, count) => {
      context.drawImage(bitmap, 0, y, width, count, 0, 0, width, count)
      return read(context, width, count)
    }
  }

/** The side of the test picture. Weak noise changes few pixels, so there are many. */
const SIDE = 64

/** Draws known pixels, and compares what is read. */
async function isExact(reader: Reader): Promise<boolean> {
  const data = Uint8ClampedArray.from({ length: 4 * SIDE ** 2 }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 7) ^ (i >> 5),
  )
  try {
    const bitmap = await toBitmap(new ImageData(data, SIDE))
    const found = await reader(bitmap, SIDE)(0, SIDE)
    return found.length === data.length && found.every((value, i) => value === data[i])
  } catch {
    return false
  }
}

/** The first reader that is exact here. */
export async function chooseReader(): Promise<Reader | undefined> {
  for (const read of [asImageData, asVideoFrame]) {
    const reader = readerOf(read)
    if (await isExact(reader)) return reader
  }
  return undefined
}
