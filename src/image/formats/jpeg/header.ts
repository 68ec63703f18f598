import { FormatError, UnsupportedError } from '../../../errors.ts'
import { type Segment, SOS, segments } from './segments.ts'

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

/** A channel of the frame header. */
export interface Component {
  readonly id: number
  /** Sampling factors, horizontal and vertical: 1 to 4 each. */
  readonly across: number
  readonly down: number
}

export interface JPEGHeader {
  readonly width: number
  readonly height: number
  readonly components: number
  readonly bitDepth: number
}

/** Reads the segments before the first scan. */
export function readJPEGHeader(bytes: Uint8Array): JPEGHeader {
  let frame: Segment | undefined
  for (const segment of segments(bytes)) {
    if (segment.marker === SOS) break
    if (segment.marker in FRAMES) frame ??= segment
  }
  if (!frame) throw new FormatError('This JPEG file has no frame header, so no width and height.')
  const { width, height, components, bitDepth } = readFrame(frame)
  return { width, height, components: components.length, bitDepth }
}

export const isFrame = ({ marker }: Segment): boolean => marker in FRAMES

/** A frame header (ITU-T T.81, section B.2.2). */
export function readFrame({ marker, data }: Segment) {
  if (data.length < 6) throw new FormatError('The frame header of this JPEG file is too short.')
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const bitDepth = view.getUint8(0)
  const height = view.getUint16(1)
  const width = view.getUint16(3)
  const count = view.getUint8(5)
  if (!READABLE_FRAMES.includes(marker) || bitDepth !== 8) {
    throw new UnsupportedError(
      `This JPEG file is ${FRAMES[marker]} with ${bitDepth} bits a channel; ` +
        'baseline and progressive ones with 8 bits are read.',
    )
  }
  if (count !== 1 && count !== 3 && count !== 4) {
    throw new UnsupportedError(`This JPEG file has ${count} channels; 1, 3 or 4 are read.`)
  }
  if (width === 0 || height === 0) {
    throw new FormatError(`The header of this JPEG file says ${width} x ${height} pixels.`)
  }
  if (data.length < 6 + 3 * count) {
    throw new FormatError('The frame header of this JPEG file is too short.')
  }
  const components = Array.from({ length: count }, (_, i): Component => {
    const [id, factors] = data.subarray(6 + 3 * i, 8 + 3 * i) as unknown as [number, number]
    return { id, across: factors >> 4, down: factors & 15 }
  })
  if (components.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4)) {
    throw new FormatError('The sampling factors of this JPEG file are not from 1 to 4.')
  }
  return { width, height, components, bitDepth, progressive: marker === 0xc2 }
}
