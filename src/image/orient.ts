import type { Orientation } from './formats/exif.ts'
import type { RGBImage } from './image.ts'

/** Where a pixel of the upright picture comes from: axes swapped first, then each stored axis mirrored. */
const TURNS: Record<Orientation, { swap: boolean; mirrorX: boolean; mirrorY: boolean }> = {
  1: { swap: false, mirrorX: false, mirrorY: false },
  2: { swap: false, mirrorX: true, mirrorY: false },
  3: { swap: false, mirrorX: true, mirrorY: true },
  4: { swap: false, mirrorX: false, mirrorY: true },
  5: { swap: true, mirrorX: false, mirrorY: false },
  6: { swap: true, mirrorX: false, mirrorY: true },
  7: { swap: true, mirrorX: true, mirrorY: true },
  8: { swap: true, mirrorX: true, mirrorY: false },
}

/** Turns a stored picture upright; the same object when it already is. */
export function orient(image: RGBImage, orientation: Orientation): RGBImage {
  if (orientation === 1) return image
  const { swap, mirrorX, mirrorY } = TURNS[orientation]
  const { width, height, data } = image
  const [outWidth, outHeight] = swap ? [height, width] : [width, height]
  const out = new Uint8Array(data.length)

  const first = 3 * ((mirrorY ? height - 1 : 0) * width + (mirrorX ? width - 1 : 0))
  const alongX = mirrorX ? -3 : 3
  const alongY = mirrorY ? -3 * width : 3 * width
  const [stepX, stepY] = swap ? [alongY, alongX] : [alongX, alongY]
  for (let y = 0, to = 0; y < outHeight; y++) {
    for (let x = 0, from = first + y * stepY; x < outWidth; x++, from += stepX, to += 3) {
      out[to] = data[from]!
      out[to + 1] = data[from + 1]!
      out[to + 2] = data[from + 2]!
    }
  }
  return { width: outWidth, height: outHeight, data: out }
}
