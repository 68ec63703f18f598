import { FormatError } from '../../errors.ts'

/** A flag in the first byte of a VP8X chunk. */
const ALPHA = 0x10
/** The bit after width and height in a VP8L header, in its fifth byte. */
const LOSSLESS_ALPHA = 0x10

interface Size {
  readonly width: number
  readonly height: number
}

export interface WebPChunk {
  readonly type: string
  readonly data: Uint8Array
}

/** The chunks of a RIFF file, after the "WEBP" tag. */
export function* webpChunks(bytes: Uint8Array): Generator<WebPChunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = 8 + view.getUint32(4, true)
  if (end > bytes.length) {
    throw new FormatError(
      `This WebP file is truncated: it says ${end} bytes, but has ${bytes.length}.`,
    )
  }
  yield* chunksFrom(bytes.subarray(0, end), 12)
}

/** Consecutive chunks, each padded to an even number of bytes. */
function* chunksFrom(bytes: Uint8Array, start: number): Generator<WebPChunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length
  for (let at = start; at + 8 <= end; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4))
    const length = view.getUint32(at + 4, true)
    if (at + 8 + length > end) throw new FormatError(`The ${type} chunk exceeds this WebP file.`)
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) }
    at += 8 + length + (length % 2)
  }
}

/** The picture of a WebP file, or the first one of an animation, and where it lies on the canvas. */
export interface Frame extends Size {
  readonly left: number
  readonly top: number
  /** A VP8 or VP8L chunk. */
  readonly chunk: WebPChunk
}

/** Reads the canvas and the first frame (WebP container specification). */
export function readFirstFrame(bytes: Uint8Array): { canvas: Size; frame: Frame; alpha: boolean } {
  let canvas: Size | undefined
  let frame: Frame | undefined
  let alpha = false
  for (const chunk of webpChunks(bytes)) {
    const { type, data } = chunk
    if (type === 'VP8X') {
      if (data.length < 10) throw new FormatError('The VP8X chunk of this WebP file is too short.')
      alpha = (data[0]! & ALPHA) !== 0
      canvas = { width: 1 + uint24(data, 4), height: 1 + uint24(data, 7) }
    } else if (type === 'ANMF') {
      frame ??= readANMF(data)
    } else {
      const size = readSize(chunk)
      if (size) frame ??= { left: 0, top: 0, ...size, chunk }
    }
    if (frame && type !== 'VP8X') break
  }
  if (!frame) throw new FormatError('This WebP file has no image data (no VP8 or VP8L chunk).')
  const { width, height, left, top, chunk } = frame
  if (width === 0 || height === 0) {
    throw new FormatError(`The header of this WebP file says ${width} x ${height} pixels.`)
  }
  canvas ??= { width, height }
  if (left + width > canvas.width || top + height > canvas.height) {
    throw misfit(canvas, `a frame of ${width} x ${height} at ${left}, ${top}`)
  }
  alpha ||= hasAlpha(chunk)
  return { canvas, frame, alpha }
}

/** Whether a VP8 or VP8L chunk itself has alpha; that of a VP8 chunk is in a chunk of its own. */
export const hasAlpha = ({ type, data }: WebPChunk): boolean =>
  type === 'VP8L' && (data[4]! & LOSSLESS_ALPHA) !== 0

/** A frame of an animation: its place and size, then chunks as in a still picture. */
function readANMF(data: Uint8Array): Frame {
  if (data.length < 16) throw new FormatError('A frame of this WebP file has no header.')
  const declared = { width: 1 + uint24(data, 6), height: 1 + uint24(data, 9) }
  for (const chunk of chunksFrom(data, 16)) {
    const size = readSize(chunk)
    if (!size) continue
    if (size.width !== declared.width || size.height !== declared.height) {
      throw misfit(declared, `an image of ${size.width} x ${size.height}`, 'frame')
    }
    return { left: 2 * uint24(data, 0), top: 2 * uint24(data, 3), ...size, chunk }
  }
  throw new FormatError('The first frame of this WebP file has no image data.')
}

function readSize({ type, data }: WebPChunk): Size | undefined {
  if (type === 'VP8 ') return readLossySize(data)
  return type === 'VP8L' ? readLosslessSize(data) : undefined
}

const misfit = ({ width, height }: Size, found: string, where = 'canvas') =>
  new FormatError(`This WebP file has a ${where} of ${width} x ${height} pixels, but ${found}.`)

/** Reads the size of the picture, or of the canvas of an animation. */
export function readWebPHeader(bytes: Uint8Array) {
  const { canvas, frame, alpha } = readFirstFrame(bytes)
  const isAnimated = [...webpChunks(bytes)].some(({ type }) => type === 'ANMF')
  if (!isAnimated && (canvas.width !== frame.width || canvas.height !== frame.height)) {
    throw misfit(canvas, `an image of ${frame.width} x ${frame.height}`)
  }
  return { ...canvas, components: alpha ? 4 : 3, bitDepth: 8 }
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

/** Wraps a chunk as a file with a single image and no metadata. */
export function stillWebP({ type, data }: WebPChunk): Uint8Array {
  const file = new Uint8Array(20 + data.length + (data.length % 2))
  const view = new DataView(file.buffer)
  file.set(new TextEncoder().encode('RIFF....WEBP'))
  view.setUint32(4, file.length - 8, true)
  file.set(new TextEncoder().encode(type), 12)
  view.setUint32(16, data.length, true)
  file.set(data, 20)
  return file
}
