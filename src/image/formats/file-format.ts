import type { ImageFormat } from './known-format.ts'
import type { Metadata } from './metadata.ts'

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

/** What is read of a file, whoever decodes it. */
export interface FileFormat {
  readHeader(bytes: Uint8Array): Omit<ImageHeader, 'format'>
  readMetadata(bytes: Uint8Array): Metadata | Promise<Metadata>
}
