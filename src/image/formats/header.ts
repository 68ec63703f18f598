import { readJPEGHeader } from './jpeg/header.ts'
import { readPNGHeader } from './png-header.ts'
import { type ImageFormat, sniffFormat } from './sniff.ts'
import { readWebPHeader } from './webp-header.ts'

/** The header of an encoded image. */
export interface ImageHeader {
  readonly format: ImageFormat
  /** Width and height as stored, in pixels, both at least 1; see `readOrientation`. */
  readonly width: number
  readonly height: number
  /** Channels as stored: 1 grey or palette, 2 grey and alpha, 3 colour, 4 colour and alpha or CMYK. */
  readonly components: number
  /** Bits of one channel of one pixel (of one palette index for palettes). */
  readonly bitDepth: number
}

const READERS: Record<ImageFormat, (bytes: Uint8Array) => Omit<ImageHeader, 'format'>> = {
  jpeg: readJPEGHeader,
  png: readPNGHeader,
  webp: readWebPHeader,
}

/**
 * Reads format and size from an encoded image without decoding it. Throws `FormatError`
 * for a damaged header and `UnsupportedError` for an unsupported kind of image.
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  const format = sniffFormat(bytes)
  return { format, ...READERS[format](bytes) }
}
