import { FormatError, UnsupportedError } from '../../errors.ts'
import { type Orientation, readOrientation } from './exif.ts'

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
  readonly orientation: Orientation
}

export interface PNGChunk {
  readonly type: string
  readonly data: Uint8Array
  /** Type and data together: what the checksum covers. */
  readonly covered: Uint8Array
  readonly crc: number
}

/** Walks the chunks of a PNG file up to IEND; throws `FormatError` where the file ends before it. */
export function* pngChunks(bytes: Uint8Array): Generator<PNGChunk, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at)
    const end = at + 8 + length
    if (end + 4 > bytes.length) break
    const covered = bytes.subarray(at + 4, end)
    const type = String.fromCharCode(...covered.subarray(0, 4))
    yield { type, data: covered.subarray(4), covered, crc: view.getUint32(end) }
    if (type === 'IEND') return
    at = end + 4
  }
  throw new FormatError(
    `This PNG file is truncated: its ${bytes.length} bytes end before the IEND chunk.`,
  )
}

/** Reads the IHDR chunk, and the orientation from an eXIf chunk where there is one. */
export function readPNGHeader(bytes: Uint8Array): PNGHeader {
  let header: Omit<PNGHeader, 'orientation'> | undefined
  let orientation: Orientation = 1
  for (const { type, data } of pngChunks(bytes)) {
    if (!header) {
      if (type !== 'IHDR') throw new FormatError(`This PNG file starts with ${type}, not IHDR.`)
      header = readIHDR(data)
    }
    if (type === 'eXIf') orientation = readOrientation(data)
  }
  return { ...header!, orientation }
}

function readIHDR(data: Uint8Array): Omit<PNGHeader, 'orientation'> {
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
    throw new FormatError(`This PNG file says that it is ${width} x ${height} pixels.`)
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
