import { ArgumentError } from '../errors.ts'
import { show } from '../show.ts'
import { allocate } from './allocate.ts'
import type { RawImage } from './image.ts'

/** Checks that raw pixels are what they say, and tells how many channels they have. */
export function countChannels({ width, height, data }: RawImage): 1 | 3 | 4 {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new ArgumentError(
      `Raw pixels need a whole width and height of at least 1, not ${show(width)} x ${show(height)}.`,
    )
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new ArgumentError('Raw pixels are bytes: pass a Uint8Array or a Uint8ClampedArray.')
  }
  const pixels = width * height
  if (data.length === pixels) return 1
  if (data.length === 3 * pixels) return 3
  if (data.length === 4 * pixels) return 4
  throw new ArgumentError(
    `Raw pixels of ${width} x ${height} take ${3 * pixels} bytes (RGB), ${4 * pixels} (RGBA) ` +
      `or ${pixels} (grey), not ${data.length}.`,
  )
}

/** `[pixels, 4]` to `[pixels, 3]` bytes. */
export function dropAlpha(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  return writeRGB(rgba, allocate((rgba.length / 4) * 3))
}

/** The same in place, if the RGBA is not needed any more. */
export function dropAlphaInPlace({ buffer, byteOffset, length }: Uint8ClampedArray): Uint8Array {
  const bytes = new Uint8Array(buffer, byteOffset, length)
  return writeRGB(bytes, bytes.subarray(0, (length / 4) * 3))
}

function writeRGB(rgba: Uint8Array | Uint8ClampedArray, rgb: Uint8Array): Uint8Array {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!
    rgb[to + 1] = rgba[from + 1]!
    rgb[to + 2] = rgba[from + 2]!
  }
  return rgb
}

/** `[pixels]` to `[pixels, 3]` bytes. */
export function repeatGrey(grey: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = allocate(grey.length * 3)
  for (let i = 0; i < rgb.length; i++) rgb[i] = grey[Math.floor(i / 3)]!
  return rgb
}

/**
 * The same picture without colours, each grey value three times: the luma of ITU-R 601, in the fixed
 * point and with the rounding of Pillow's `convert('L')`.
 * @param rgb `[pixels, 3]` bytes
 */
export function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = allocate(rgb.length)
  for (let i = 0; i < rgb.length; i += 3) {
    const luma = 19595 * rgb[i]! + 38470 * rgb[i + 1]! + 7471 * rgb[i + 2]!
    grey.fill((luma + 0x8000) >> 16, i, i + 3)
  }
  return grey
}

/** `[pixels, 3]` to `[pixels, 4]` bytes, opaque. */
export function addAlpha(rgb: Uint8Array | Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4)
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]!
    rgba[to + 1] = rgb[from + 1]!
    rgba[to + 2] = rgb[from + 2]!
    rgba[to + 3] = 255
  }
  return rgba
}
