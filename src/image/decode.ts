import { platform } from '#platform'
import { LimitError } from '../errors.ts'
import { type ImageHeader, readHeader } from './formats/header.ts'
import type { ImageFormat } from './formats/known-format.ts'
import { readOrientation } from './formats/orientation.ts'
import type { Orientation } from './formats/tiff.ts'
import type { RGBImage } from './image.ts'
import type { RowSink } from './rows.ts'
import { Turns } from './turns.ts'
import { UprightImage } from './upright.ts'

export interface DecodeOptions {
  /** The largest image to decode, in pixels; 64 Mi (8192 x 8192) by default. */
  readonly maxPixels?: number | undefined
  /**
   * Whether to apply the orientation of EXIF or XMP; true by default. TensorFlow, timm and torchvision never
   * apply it: pass `false` for their pixels.
   */
  readonly orientation?: boolean | undefined
  /**
   * Whose decoder decodes a file in browsers: the browser's where it gives the same pixels, or always the one of this
   * package, which is downloaded then; `browser` by default. Elsewhere there is only the latter.
   */
  readonly decoder?: DecoderName | undefined
  readonly signal?: AbortSignal | undefined
}

export const DECODER_NAMES = ['browser', 'vitrine'] as const
export type DecoderName = (typeof DECODER_NAMES)[number]

export const DEFAULT_MAX_PIXELS = 64 * 2 ** 20

/**
 * Decodes a file, whose header was read before, yielding to the event loop.
 * @param newSink makes what takes its rows; once more where decoding starts anew
 */
type Decoder = <Sink extends RowSink>(
  bytes: Uint8Array,
  header: ImageHeader,
  newSink: () => Sink,
  turns: Turns,
) => Promise<Sink>

/** Decoders are loaded with the first image of their format. */
const DECODERS: Record<ImageFormat, () => Promise<Decoder>> = {
  jpeg: async () => (await import('./formats/jpeg/decode.ts')).decodeJPEG,
  png: async () => (await import('./formats/png.ts')).decodePNG,
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

/** Reads the header of an encoded image; throws a `LimitError` for more pixels than allowed. */
export async function checkHeader(bytes: Uint8Array, maxPixels?: number): Promise<ImageHeader> {
  const header = await readHeader(bytes)
  checkPixels(header.width, header.height, maxPixels)
  return header
}

/**
 * Decodes a JPEG, PNG or WebP image, recognised by its bytes, to 8-bit RGB on the caller's thread. Alpha
 * is dropped, not composited; 16-bit channels keep their high byte; colour profiles are ignored. JPEG and
 * PNG decoding yields to the event loop; WebP decoding does not.
 *
 * @throws LimitError before decoding, for more than `maxPixels` pixels, or a JPEG with an implausible
 *   number of scans
 * @throws UnsupportedError for other formats and unsupported variants
 * @throws FormatError for files that are truncated, damaged or not images
 * @throws MemoryError if memory is short
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<RGBImage> {
  const { width, height, data } = await decodeRows(
    bytes,
    options,
    (width, height, orientation) => new UprightImage(width, height, orientation),
  )
  return { width, height, data }
}

/**
 * The same row by row.
 * @param newSink makes what takes the rows, by width and height as stored
 * @returns the sink that got all rows
 */
export async function decodeRows<Sink extends RowSink>(
  bytes: Uint8Array,
  { maxPixels, orientation = true, decoder, signal }: DecodeOptions,
  newSink: (width: number, height: number, orientation: Orientation) => Sink,
): Promise<Sink> {
  signal?.throwIfAborted()
  const header = await checkHeader(bytes, maxPixels)
  const turned = orientation ? await readOrientation(bytes, header.format) : 1
  const decode = decoder === 'vitrine' ? decodeHere : decodeAnywhere
  const { width, height } = header
  return decode(bytes, header, () => newSink(width, height, turned), new Turns(signal))
}

/** Browsers decode no PNG for us; browser/files.ts says why. */
const decodeAnywhere: Decoder = async (bytes, header, newSink, turns) => {
  if (platform.pictures && header.format !== 'png') {
    const { decodeInBrowser } = await import('./browser/decode.ts')
    const decoded = await decodeInBrowser(bytes, header, newSink, turns)
    if (decoded) return decoded
  }
  return decodeHere(bytes, header, newSink, turns)
}

const decodeHere: Decoder = async (bytes, header, newSink, turns) => {
  const decode = await DECODERS[header.format]()
  return decode(bytes, header, newSink, turns)
}
