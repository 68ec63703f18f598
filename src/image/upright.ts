import { allocate } from './allocate.ts'
import type { Orientation } from './formats/tiff.ts'
import type { RGBImage } from './image.ts'
import type { Turns } from './turns.ts'

/** The mapping of a stored image's axes to the upright image: mirrored, then swapped. */
const AXES: Record<Orientation, { swap: boolean; mirrorX: boolean; mirrorY: boolean }> = {
  1: { swap: false, mirrorX: false, mirrorY: false },
  2: { swap: false, mirrorX: true, mirrorY: false },
  3: { swap: false, mirrorX: true, mirrorY: true },
  4: { swap: false, mirrorX: false, mirrorY: true },
  5: { swap: true, mirrorX: false, mirrorY: false },
  6: { swap: true, mirrorX: false, mirrorY: true },
  7: { swap: true, mirrorX: true, mirrorY: true },
  8: { swap: true, mirrorX: true, mirrorY: false },
}

/** An upright image, filled with stored rows as they are decoded. */
export class UprightImage implements RGBImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
  readonly #rowBytes: number
  /** The offset of the first stored pixel, and the strides to the next column and row, in bytes. */
  readonly #first: number
  readonly #alongX: number
  readonly #alongY: number
  readonly #isPlain: boolean

  /** @param width and height as stored */
  constructor(width: number, height: number, orientation: Orientation) {
    const { swap, mirrorX, mirrorY } = AXES[orientation]
    this.width = swap ? height : width
    this.height = swap ? width : height
    this.data = allocate(width * height * 3)
    const [stepX, stepY] = swap ? [3 * height, 3] : [3, 3 * width]
    this.#first = (mirrorX ? (width - 1) * stepX : 0) + (mirrorY ? (height - 1) * stepY : 0)
    this.#alongX = mirrorX ? -stepX : stepX
    this.#alongY = mirrorY ? -stepY : stepY
    this.#rowBytes = 3 * width
    this.#isPlain = orientation === 1
  }

  /** @param rows whole stored rows from `y` on, RGB; many at once are faster where axes are swapped */
  put(y: number, rows: Uint8Array): void {
    if (this.#isPlain) {
      this.data.set(rows, y * this.#rowBytes)
      return
    }
    const { data } = this
    const count = rows.length / this.#rowBytes
    // Down the rows first: where axes are swapped, these are neighbours in the upright picture.
    for (let x = 0, column = this.#first; x < this.#rowBytes; x += 3, column += this.#alongX) {
      let to = column + y * this.#alongY
      for (let i = 0, from = x; i < count; i++, from += this.#rowBytes, to += this.#alongY) {
        data[to] = rows[from]!
        data[to + 1] = rows[from + 1]!
        data[to + 2] = rows[from + 2]!
      }
    }
  }
}

/** The block size in pixels: enough for whole cache lines, few enough to stay in the cache. */
const BAND = 2 ** 17

/** Turns a decoded image upright; returns the same object if it already is. */
export async function upright(
  image: RGBImage,
  orientation: Orientation,
  turns: Turns,
): Promise<RGBImage> {
  if (orientation === 1) return image
  const { width, height, data } = image
  const turned = new UprightImage(width, height, orientation)
  const rows = Math.max(1, Math.floor(BAND / width))
  for (let y = 0; y < height; y += rows) {
    turned.put(y, data.subarray(3 * width * y, 3 * width * (y + rows)))
    await turns.take()
  }
  return turned
}
