import { FormatError, LimitError } from '../../../errors.ts'

/** Marker codes of ITU-T T.81, table B.1. */
export const SOI = 0xd8
export const EOI = 0xd9
export const SOS = 0xda

/** The segments of applications, and comments. */
export const isMetadata = (marker: number): boolean =>
  (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe

/** Far more than real files have; walking them takes a few milliseconds. */
const MAX_SEGMENTS = 2 ** 16

export interface Segment {
  readonly marker: number
  /** The segment's content, without marker and length. */
  readonly data: Uint8Array
}

/**
 * Walks the segments of a JPEG file, skipping entropy-coded data, stray bytes between segments, and
 * the markers inside of scans. Ends after the end-of-image marker.
 * @throws FormatError where the file ends before that; LimitError after 65,536 segments
 */
export function* segments(bytes: Uint8Array): Generator<Segment, void> {
  let at = 2
  for (let count = 0; ; ) {
    at = bytes.indexOf(0xff, at)
    if (at < 0) throw truncated(bytes)
    while (bytes[at] === 0xff) at++
    if (at >= bytes.length) throw truncated(bytes)
    const marker = bytes[at++]!
    const standalone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)
    if (standalone) continue
    if (marker === EOI) return
    if (marker === SOI)
      throw new FormatError(`This JPEG file has a second start-of-image marker at byte ${at - 2}.`)
    if (at + 2 > bytes.length) throw truncated(bytes)
    const length = bytes[at]! * 256 + bytes[at + 1]!
    if (length < 2) throw new FormatError(`A segment of this JPEG file (byte ${at}) has no length.`)
    if (at + length > bytes.length) throw truncated(bytes)
    if (++count > MAX_SEGMENTS) {
      throw new LimitError(`This JPEG file has more than ${MAX_SEGMENTS} segments.`)
    }
    yield { marker, data: bytes.subarray(at + 2, at + length) }
    at += length
  }
}

function truncated(bytes: Uint8Array): FormatError {
  return new FormatError(
    `This JPEG file is truncated: its ${bytes.length} bytes end before the end-of-image marker.`,
  )
}
