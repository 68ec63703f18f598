import { decode } from 'jpeg-js'
import { FormatError, MemoryError, UnsupportedError } from '../../errors.ts'
import type { RGBImage } from '../image.ts'
import type { ImageHeader } from './header.ts'

/** Coefficients, samples and results of four channels, with room for padding to whole blocks. */
const BYTES_PER_PIXEL = 48
const FIXED_MEGABYTES = 64

/**
 * Decodes a JPEG with four channels (CMYK or YCCK, inverted as Adobe writes them) to RGB without a
 * colour profile: every colour dimmed by black, as Pillow converts.
 */
export function decodeCMYK(bytes: Uint8Array, { width, height }: ImageHeader): RGBImage {
  const megapixels = (width * height) / 1e6
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Math.ceil(megapixels),
      maxMemoryUsageInMB: FIXED_MEGABYTES + Math.ceil(megapixels * BYTES_PER_PIXEL),
    })
    return { width, height, data }
  } catch (cause) {
    const { message } = cause as Error
    if (/memory/i.test(message)) {
      throw new MemoryError(`There is not enough memory for this CMYK image: ${message}.`, {
        cause,
      })
    }
    if (/unsupported/i.test(message)) {
      throw new UnsupportedError(`This CMYK JPEG file is not read: ${message}.`, { cause })
    }
    // It stumbles over some damage instead of reporting it.
    const detail = cause instanceof TypeError ? '' : `: ${message}`
    throw new FormatError(`This CMYK JPEG file is damaged${detail}.`, { cause })
  }
}
