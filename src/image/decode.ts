import { FormatError, LimitError } from '../errors.ts'
import { type ImageHeader, readHeader } from './formats/header.ts'
import type { ImageFormat } from './formats/sniff.ts'
import type { RGBImage } from './image.ts'
import { orient } from './orient.ts'

export interface DecodeOptions {
  /** The largest image that is decoded, in pixels; 64 Mi (8192 x 8192) unless said otherwise. */
  readonly maxPixels?: number
  /**
   * Whether the EXIF orientation is applied; it is unless said otherwise. TensorFlow, timm and
   * torchvision never apply it: pass `false` for their pixels.
   */
  readonly orientation?: boolean
  readonly signal?: AbortSignal
}

export const DEFAULT_MAX_PIXELS = 64 * 2 ** 20

type Decoder = (bytes: Uint8Array, header: ImageHeader, signal?: AbortSignal) => Promise<RGBImage>

/** Loaded when the first picture of a format comes. */
const DECODERS: Record<ImageFormat, () => Promise<Decoder>> = {
  jpeg: async () => (await import('./formats/jpeg.ts')).decodeJPEG,
  png: async () => {
    const { decodePNG } = await import('./formats/png.ts')
    return (bytes, _, signal) => decodePNG(bytes, signal)
  },
  webp: async () => (await import('./formats/webp.ts')).decodeWebP,
}

/** Throws a `LimitError` for an image of more pixels than allowed. */
export function checkPixels(width: number, height: number, maxPixels = DEFAULT_MAX_PIXELS): void {
  if (width * height <= maxPixels) return
  throw new LimitError(
    `This image has ${width} x ${height} = ${width * height} pixels, the limit is ${maxPixels}. ` +
      'Scale it down, or raise maxPixels.',
  )
}

/**
 * Decodes a JPEG, PNG or WebP image, told apart by its bytes, to 8-bit RGB. Alpha is dropped, not
 * composited; 16-bit channels keep their high byte; colour profiles are ignored.
 *
 * @throws LimitError before any decoding, when the header says more than `maxPixels` pixels
 * @throws UnsupportedError for other formats, and for kinds of these that are not read
 * @throws FormatError for files that are truncated, damaged or no images
 */
export async function decodeImage(
  bytes: Uint8Array,
  { maxPixels, orientation = true, signal }: DecodeOptions = {},
): Promise<RGBImage> {
  signal?.throwIfAborted()
  const header = readHeader(bytes)
  checkPixels(header.width, header.height, maxPixels)
  const decode = await DECODERS[header.format]()
  signal?.throwIfAborted()
  const image = await decode(bytes, header, signal)
  if (image.width !== header.width || image.height !== header.height) {
    throw new FormatError(
      `The header of this image says ${header.width} x ${header.height} pixels, ` +
        `but it holds ${image.width} x ${image.height}.`,
    )
  }
  return orientation ? orient(image, header.orientation) : image
}
