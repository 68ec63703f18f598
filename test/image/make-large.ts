import { deflateSync } from 'node:zlib'
import type { RGBImage } from '../../src/image/image.ts'
import { ascii, join, pngChunk } from './make.ts'

export interface FlatSpec {
  readonly width: number
  readonly height: number
  readonly components: number
  /** One scan of all channels, one of each, or progressive: one of all, then one of each. */
  readonly scans: 'one' | 'each' | 'progressive'
  /** How often the last scans come. */
  readonly times?: number
}

const segment = (marker: number, content: readonly number[]) =>
  join([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255], content)

/** A Huffman table of one code, the bit 0. */
const table = (place: number, symbol: number) =>
  segment(0xc4, [place, 1, ...new Array<number>(15).fill(0), symbol])

/**
 * A JPEG whose samples are all 128, written straight from ITU-T T.81: every coefficient is zero, so the
 * entropy-coded data is one bit for each that is not skipped.
 */
export function flatJPEG({ width, height, components, scans, times = 1 }: FlatSpec): Uint8Array {
  const ids = Array.from({ length: components }, (_, i) => i + 1)
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8)
  const progressive = scans === 'progressive'
  const frame = [8, height >> 8, height & 255, width >> 8, width & 255, components]
  const parts = [
    Uint8Array.of(0xff, 0xd8),
    ...(components === 4 ? [segment(0xee, [...ascii('Adobe'), 0, 100, 0, 0, 0, 0, 0])] : []),
    segment(0xdb, [0, ...new Array<number>(64).fill(1)]),
    segment(progressive ? 0xc2 : 0xc0, [...frame, ...ids.flatMap((id) => [id, 0x11, 0])]),
    table(0x00, 0),
    // The end of a block, or of 2^14 + 14 more bits blocks.
    table(0x10, progressive ? 0xe0 : 0),
  ]
  const scan = (of: readonly number[], first: number, last: number, data: Uint8Array) =>
    join(segment(0xda, [of.length, ...of.flatMap((id) => [id, 0]), first, last, 0]), data)
  if (progressive) {
    parts.push(scan(ids, 0, 0, zeros(blocks * components)))
    const runs = endRuns(blocks)
    for (let i = 0; i < times; i++) parts.push(...ids.map((id) => scan([id], 1, 63, runs)))
  } else {
    const together = scans === 'one' ? [ids] : ids.map((id) => [id])
    for (const of of together) parts.push(scan(of, 0, 63, zeros(2 * blocks * of.length)))
  }
  return concatenate([...parts, Uint8Array.of(0xff, 0xd9)])
}

/** So many bits 0, filled up with bits 1. */
function zeros(bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits / 8))
  if (bits % 8) bytes[bytes.length - 1] = 2 ** (8 - (bits % 8)) - 1
  return stuffed(bytes)
}

/** The ends of so many blocks in runs of at most 2^15 - 1, each the code 0 and 14 bits. */
function endRuns(blocks: number): Uint8Array {
  let bits = ''
  for (let left = blocks; left > 0; left -= 2 ** 15 - 1) bits += `0${'1'.repeat(14)}`
  const bytes = bits.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2))
  return stuffed(Uint8Array.from(bytes))
}

/** A byte of ones is followed by a zero. */
const stuffed = (bytes: Uint8Array) =>
  Uint8Array.from([...bytes].flatMap((byte) => (byte === 255 ? [255, 0] : [byte])))

const concatenate = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** A PNG without filters, written at once. */
export function fastPNG({ width, height, data }: RGBImage): Uint8Array {
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint16(8, 0x0802)
  const rows = new Uint8Array(height * (1 + 3 * width))
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1)
  }
  return join(
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    pngChunk('IHDR', new Uint8Array(header.buffer)),
    pngChunk('IDAT', deflateSync(rows, { level: 1 })),
    pngChunk('IEND', new Uint8Array()),
  )
}
