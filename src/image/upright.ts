import { allocate } from './allocate.ts'
import type { Orientation } from './formats/tiff.ts'
import type { RGBImage } from './image.ts'
import type { RowSink } from './rows.ts'
import type { Turns } from './turns.ts'

/** The mapping of a stored image's axes to the upright image: mirrored, then swapped. */
export const AXES: Record<Orientation, { swap: boolean; mirrorX: boolean; mirrorY: boolean }> = {
  1: { swap: false, mirrorX: false, mirrorY: false },
  2: { swap: false, mirrorX: true, mirrorY: false },
  3: { swap: false, mirrorX: true, mirrorY: true },
  4: { swap: false, mirrorX: false, mirrorY: true },
  5: { swap: true, mirrorX: false, mirrorY: false },
  6: { swap: true, mirrorX: false, mirrorY: true },
  7: { swap: true, mirrorX: true, mirrorY: true },
  8: { swap: true, mirrorX: true, mirrorY: false },
}

/** The sides of a stored image when it is upright. */
export function uprightSides(stored: {
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
}): [width: number, height: number] {
  const { width, height, orientation } = stored
  return AXES[orientation].swap ? [height, width] : [width, height]
}

/** An upright image, filled with stored rows as they are decoded. */
export class UprightImage implements RGBImage, RowSink {
  readonly width: number
  readonly height: number
  #data: Uint8Array | undefined
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
    const [stepX, stepY] = swap ? [3 * height, 3] : [3, 3 * width]
    this.#first = (mirrorX ? (width - 1) * stepX : 0) + (mirrorY ? (height - 1) * stepY : 0)
    this.#alongX = mirrorX ? -stepX : stepX
    this.#alongY = mirrorY ? -stepY : stepY
    this.#rowBytes = 3 * width
    this.#isPlain = orientation === 1
  }

  get data(): Uint8Array {
    this.#data ??= allocate(this.width * this.height * 3)
    return this.#data
  }

  /** Takes all rows at once, if they are upright as they are: no other code may use them. */
  adopt(data: Uint8Array): boolean {
    if (this.#isPlain) this.#data = data
    return this.#isPlain
  }

  /** Many rows at once are faster where axes are swapped. */
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

/**
 * Gives a sink a picture that was decoded as a whole.
 * @param image as stored; no other code may use its data
 */
export async function putAll(sink: RowSink, image: RGBImage, turns: Turns): Promise<void> {
  const { width, height, data } = image
  if (sink instanceof UprightImage && sink.adopt(data)) return
  const rows = Math.max(1, Math.floor(BAND / width))
  for (let y = 0; y < height; y += rows) {
    sink.put(y, data.subarray(3 * width * y, 3 * width * (y + rows)))
    await turns.take()
  }
}
