import { FormatError, LimitError, UnsupportedError } from '../../errors.ts'

/** Colour types of the PNG specification (third edition, table 12): channels and allowed depths. */
const COLOR_TYPES: Record<number, { components: number; bitDepths: readonly number[] }> = {
  0: { components: 1, bitDepths: [1, 2, 4, 8, 16] },
  2: { components: 3, bitDepths: [8, 16] },
  3: { components: 1, bitDepths: [1, 2, 4, 8] },
  4: { components: 2, bitDepths: [8, 16] },
  6: { components: 4, bitDepths: [8, 16] },
}

export interface PNGHeader {
  readonly width: number
  readonly height: number
  readonly components: number
  readonly bitDepth: number
  readonly palette: boolean
  readonly interlaced: boolean
}

export interface PNGChunk {
  readonly type: string
  readonly data: Uint8Array
  /** Type and data, which the checksum covers. */
  readonly covered: Uint8Array
  /** The checksum; undefined for a truncated chunk. */
  readonly crc: number | undefined
}

/** More than any encoder writes. */
const MAX_CHUNKS = 2 ** 18

/** Walks the chunks of a PNG file up to IEND or the end of the file; the last one may be truncated. */
export function* pngChunks(bytes: Uint8Array): Generator<PNGChunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8, count = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at)
    const covered = bytes.subarray(at + 4, end)
    const type = String.fromCharCode(...covered.subarray(0, 4))
    const crc = end + 4 <= bytes.length ? view.getUint32(end) : undefined
    if (++count > MAX_CHUNKS) {
      throw new LimitError(`This PNG file has more than ${MAX_CHUNKS} chunks.`)
    }
    yield { type, data: covered.subarray(4), covered, crc }
    if (type === 'IEND') return
    at = end + 4
  }
}

/** Reads the IHDR chunk. */
export function readPNGHeader(bytes: Uint8Array): PNGHeader {
  const { value: first } = pngChunks(bytes).next()
  if (!first) throw new FormatError(`This PNG file is truncated to ${bytes.length} bytes.`)
  if (first.type !== 'IHDR') {
    throw new FormatError(`This PNG file starts with ${first.type}, not IHDR.`)
  }
  return readIHDR(first.data)
}

function readIHDR(data: Uint8Array): PNGHeader {
  if (data.length !== 13) throw new FormatError('The IHDR chunk of this PNG file is not 13 bytes.')
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const width = view.getUint32(0)
  const height = view.getUint32(4)
  const bitDepth = view.getUint8(8)
  const colorType = view.getUint8(9)
  const kind = COLOR_TYPES[colorType]
  if (!kind?.bitDepths.includes(bitDepth)) {
    throw new FormatError(`PNG has no colour type ${colorType} with ${bitDepth} bits.`)
  }
  if (view.getUint8(10) !== 0 || view.getUint8(11) !== 0 || view.getUint8(12) > 1) {
    throw new UnsupportedError('This PNG file uses a compression, filter or interlace not in PNG.')
  }
  if (width === 0 || height === 0) {
    throw new FormatError(`The header of this PNG file says ${width} x ${height} pixels.`)
  }
  return {
    width,
    height,
    components: kind.components,
    bitDepth,
    palette: colorType === 3,
    interlaced: view.getUint8(12) === 1,
  }
}
