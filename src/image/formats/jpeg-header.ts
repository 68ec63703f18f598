import { FormatError, UnsupportedError } from '../../errors.ts'
import { type Orientation, readOrientation } from './exif.ts'

/** Marker codes of ITU-T T.81, table B.1. */
const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const APP1 = 0xe1

const FRAMES: Record<number, string> = {
  192: 'baseline',
  193: 'extended sequential',
  194: 'progressive',
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical progressive',
  199: 'hierarchical lossless',
  201: 'arithmetic-coded',
  202: 'arithmetic-coded progressive',
  203: 'arithmetic-coded lossless',
  205: 'arithmetic-coded hierarchical',
  206: 'arithmetic-coded hierarchical progressive',
  207: 'arithmetic-coded hierarchical lossless',
}
const READABLE_FRAMES = [0xc0, 0xc1, 0xc2]

/** Far above what encoders write (10 to 64), low enough that a hostile file can't buy hours of work. */
const MAX_SCANS = 100

interface Segment {
  readonly marker: number
  /** The segment's content, without marker and length. */
  readonly data: Uint8Array
}

/**
 * Walks the segments of a JPEG file, skipping entropy-coded data, stray bytes between segments, and
 * the markers inside of scans. Ends after the end-of-image marker, or throws `FormatError` where
 * the file ends before it.
 */
function* segments(bytes: Uint8Array): Generator<Segment, void> {
  let at = 2
  for (;;) {
    at = bytes.indexOf(0xff, at)
    if (at < 0) throw truncated(bytes)
    while (bytes[at] === 0xff) at++
    if (at >= bytes.length) throw truncated(bytes)
    const marker = bytes[at++]!
    const standalone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)
    if (standalone) continue
    if (marker === EOI) return
    if (marker === SOI) throw new FormatError(`This JPEG file starts anew at byte ${at - 2}.`)
    if (at + 2 > bytes.length) throw truncated(bytes)
    const length = bytes[at]! * 256 + bytes[at + 1]!
    if (length < 2) throw new FormatError(`A segment of this JPEG file (byte ${at}) has no length.`)
    if (at + length > bytes.length) throw truncated(bytes)
    yield { marker, data: bytes.subarray(at + 2, at + length) }
    at += length
  }
}

function truncated(bytes: Uint8Array): FormatError {
  return new FormatError(
    `This JPEG file is truncated: its ${bytes.length} bytes end before the end-of-image marker.`,
  )
}

/** Reads what stands before the first scan: the frame header and the EXIF orientation. */
export function readJPEGHeader(bytes: Uint8Array) {
  let orientation: Orientation | undefined
  let frame: Segment | undefined
  for (const segment of segments(bytes)) {
    if (segment.marker === SOS) break
    if (segment.marker in FRAMES) frame ??= segment
    if (segment.marker === APP1 && isExif(segment.data)) {
      orientation ??= readOrientation(segment.data.subarray(6))
    }
  }
  if (!frame) throw new FormatError('This JPEG file has no frame header, so no width and height.')
  return { ...readFrame(frame), orientation: orientation ?? 1 }
}

function isExif(data: Uint8Array): boolean {
  return [0x45, 0x78, 0x69, 0x66, 0, 0].every((byte, i) => data[i] === byte)
}

function readFrame({ marker, data }: Segment) {
  if (data.length < 6) throw new FormatError('The frame header of this JPEG file is too short.')
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const bitDepth = view.getUint8(0)
  const height = view.getUint16(1)
  const width = view.getUint16(3)
  const components = view.getUint8(5)
  if (!READABLE_FRAMES.includes(marker) || bitDepth !== 8) {
    throw new UnsupportedError(
      `This JPEG file is ${FRAMES[marker]} with ${bitDepth} bits a channel; ` +
        'baseline and progressive ones with 8 bits are read.',
    )
  }
  if (components !== 1 && components !== 3 && components !== 4) {
    throw new UnsupportedError(`This JPEG file has ${components} channels; 1, 3 or 4 are read.`)
  }
  if (width === 0 || height === 0) {
    throw new FormatError(`This JPEG file says that it is ${width} x ${height} pixels.`)
  }
  return { width, height, components, bitDepth }
}

/** Throws `FormatError` for a file that ends early or has more scans than an encoder would write. */
export function checkJPEGStructure(bytes: Uint8Array): void {
  let scans = 0
  for (const { marker } of segments(bytes)) if (marker === SOS) scans++
  if (scans === 0) throw new FormatError('This JPEG file has no scan, so no pixels.')
  if (scans > MAX_SCANS) {
    throw new FormatError(`This JPEG file has ${scans} scans; at most ${MAX_SCANS} are read.`)
  }
}
