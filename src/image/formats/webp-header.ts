import { FormatError, UnsupportedError } from '../../errors.ts'
import { type Orientation, readOrientation } from './exif.ts'

/** Flags in the first byte of a VP8X chunk. */
const ANIMATION = 0x02
const ALPHA = 0x10
/** The bit after width and height in a VP8L header, in its fifth byte. */
const LOSSLESS_ALPHA = 0x10

interface Size {
  readonly width: number
  readonly height: number
}

/** The chunks of a RIFF file, after the "WEBP" tag. */
function* chunks(bytes: Uint8Array): Generator<{ type: string; data: Uint8Array }, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = 8 + view.getUint32(4, true)
  if (end > bytes.length) {
    throw new FormatError(
      `This WebP file is truncated: it says ${end} bytes, but has ${bytes.length}.`,
    )
  }
  for (let at = 12; at + 8 <= end; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4))
    const length = view.getUint32(at + 4, true)
    if (at + 8 + length > end) throw new FormatError(`The ${type} chunk leaves this WebP file.`)
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) }
    at += 8 + length + (length % 2)
  }
}

/** Reads the canvas, the image's own size and the EXIF orientation (WebP container specification). */
export function readWebPHeader(bytes: Uint8Array) {
  let canvas: Size | undefined
  let image: Size | undefined
  let alpha = false
  let orientation: Orientation = 1
  for (const { type, data } of chunks(bytes)) {
    if (type === 'VP8X') {
      if (data.length < 10) throw new FormatError('The VP8X chunk of this WebP file is too short.')
      if (data[0]! & ANIMATION) {
        throw new UnsupportedError('This WebP file is animated; still images are read.')
      }
      alpha = (data[0]! & ALPHA) !== 0
      canvas = { width: 1 + uint24(data, 4), height: 1 + uint24(data, 7) }
    } else if (type === 'VP8 ') {
      image ??= readLossySize(data)
    } else if (type === 'VP8L') {
      image ??= readLosslessSize(data)
      alpha ||= (data[4]! & LOSSLESS_ALPHA) !== 0
    } else if (type === 'EXIF') {
      const prefixed = data[0] === 0x45
      orientation = readOrientation(prefixed ? data.subarray(6) : data)
    }
  }
  if (!image) throw new FormatError('This WebP file has no image data (no VP8 or VP8L chunk).')
  if (canvas && (canvas.width !== image.width || canvas.height !== image.height)) {
    throw new FormatError(
      `This WebP file has a canvas of ${canvas.width} x ${canvas.height} pixels, ` +
        `but an image of ${image.width} x ${image.height}.`,
    )
  }
  if (image.width === 0 || image.height === 0) {
    throw new FormatError(`This WebP file says that it is ${image.width} x ${image.height} pixels.`)
  }
  return { ...image, components: alpha ? 4 : 3, bitDepth: 8, orientation }
}

const uint24 = (data: Uint8Array, at: number) =>
  data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16)

/** RFC 6386, section 9.1: a frame tag, a start code, then 14 bits each, little-endian. */
function readLossySize(data: Uint8Array): Size {
  if (data.length < 10 || uint24(data, 3) !== 0x2a019d) {
    throw new FormatError('The VP8 chunk of this WebP file does not start with a key frame.')
  }
  return {
    width: (data[6]! | (data[7]! << 8)) & 0x3fff,
    height: (data[8]! | (data[9]! << 8)) & 0x3fff,
  }
}

/** WebP lossless specification, section 3: a signature byte, then 14 bits each, less one. */
function readLosslessSize(data: Uint8Array): Size {
  if (data.length < 5 || data[0] !== 0x2f) {
    throw new FormatError('The VP8L chunk of this WebP file does not start with its signature.')
  }
  const bits = data[1]! | (data[2]! << 8) | (data[3]! << 16) | (data[4]! << 24)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}
