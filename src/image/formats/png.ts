import { crc32 } from '../../bytes/crc32.ts'
import { inflate } from '../../bytes/inflate.ts'
import { FormatError, UnsupportedError } from '../../errors.ts'
import { allocate, checkDecodingBytes } from '../allocate.ts'
import type { RowSink } from '../rows.ts'
import type { Turns } from '../turns.ts'
import type { ImageHeader } from './header.ts'
import { unfilter } from './png-filter.ts'
import { type PNGHeader, pngChunks, readPNGHeader } from './png-header.ts'

// PNG is decoded here, not by the WebAssembly package whose encoder is used: its decoder panics on damaged
// files, which leaks memory in an instance that can't be replaced. Also, PNG then works in runtimes that don't
// allow compiling WebAssembly at run time.

interface Pass {
  readonly x: number
  readonly y: number
  readonly stepX: number
  readonly stepY: number
}

const WHOLE: readonly Pass[] = [{ x: 0, y: 0, stepX: 1, stepY: 1 }]

/** The seven passes of an interlaced file (PNG specification, section 8.1). */
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
]

/**
 * Decodes any PNG to RGB. Alpha and tRNS are dropped, not composited; of 16-bit channels the high
 * byte is kept (as TensorFlow does; Pillow saturates 16-bit grey instead); gamma and colour profiles
 * are ignored. Indices beyond the palette are black. A file may end right after its last
 * pixel, wherever that is in the compressed data, as for libpng and Pillow.
 *
 * @throws FormatError for damaged files
 */
export async function decodePNG<Picture extends RowSink>(
  bytes: Uint8Array,
  _: ImageHeader,
  newPicture: () => Picture,
  turns: Turns,
): Promise<Picture> {
  const header = readPNGHeader(bytes)
  const { palette, compressed, whole } = collect(bytes, header)
  if (header.interlaced) {
    checkDecodingBytes(3 * header.width * header.height, 'interlaced PNG file', 'plain PNG')
  }
  let picture: Picture
  const newSink = () => {
    picture = newPicture()
    return scanlineSink(header, palette, picture)
  }
  if (!(await inflateRows(compressed, whole, newSink, turns))) {
    throw new FormatError(
      whole
        ? 'This PNG file has too few compressed pixels for its size.'
        : `This PNG file is truncated: its ${bytes.length} bytes end before the last pixel.`,
    )
  }
  return picture!
}

/** Receives decompressed bytes in pieces of any length; returns whether all rows are complete. */
type Sink = (piece: Uint8Array) => boolean

/** Whether all rows were complete. */
async function inflateRows(
  compressed: readonly Uint8Array[],
  whole: boolean,
  newSink: () => Sink,
  turns: Turns,
): Promise<boolean> {
  const sink = newSink()
  let complete = false
  try {
    for await (const piece of inflate(compressed, 'deflate', WHAT)) {
      // Data after the last row is ignored, as in libpng, but not read without limit.
      if (complete) break
      complete = sink(piece)
      await turns.take()
    }
    return complete
  } catch (error) {
    // Some runtimes have no stream that inflates; others' drops output on an error. Another inflater has neither fault.
    const isFromStream = error instanceof FormatError || error instanceof UnsupportedError
    if (!isFromStream || !(error.cause instanceof Error)) throw error
    const { inflateUnfinished } = await import('./png-unfinished.ts')
    const end = await inflateUnfinished(compressed, newSink, turns)
    if (end === 'complete') return true
    if (end === 'wrong checksum') throw new FormatError(`${WHAT} do not match their checksum.`)
    if (!whole) return false
    throw error
  }
}

const WHAT = 'The compressed pixels of this PNG file'

/** Collects the chunks that decoding needs, and verifies the checksums of critical chunks. */
function collect(bytes: Uint8Array, header: PNGHeader) {
  const compressed: Uint8Array[] = []
  let palette: Uint8Array | undefined
  let whole = false
  for (const { type, data, covered, crc } of pngChunks(bytes)) {
    const critical = (covered[0]! & 0x20) === 0
    if (!critical) continue
    if (crc !== undefined && crc32(covered) !== crc) {
      throw new FormatError(`The ${type} chunk of this PNG file does not match its checksum.`)
    }
    if (type === 'IDAT') compressed.push(data)
    else if (type === 'PLTE') palette = data
    else if (type === 'IEND') whole = true
    else if (type !== 'IHDR' && crc !== undefined) {
      throw new UnsupportedError(`This PNG file has an unknown critical chunk, ${type}.`)
    }
  }
  if (header.palette && !palette) throw new FormatError('This PNG file lacks its palette.')
  const colours = header.palette ? padded(palette!) : greys(header.bitDepth)
  return { palette: colours, compressed, whole }
}

function padded(palette: Uint8Array): Uint8Array {
  const full = new Uint8Array(768)
  full.set(palette.subarray(0, 768))
  return full
}

/** Grey levels of fewer than 8 bits, spread over 0 to 255, as a palette. */
function greys(bitDepth: number): Uint8Array {
  const top = bitDepth < 8 ? 2 ** bitDepth - 1 : 255
  return Uint8Array.from({ length: 768 }, (_, i) => (255 / top) * Math.floor(i / 3))
}

/** How many pixels go to the picture at once. */
const BAND = 2 ** 16

/** A sink that gives finished rows to a picture; the rows of an interlaced one are all finished at the end. */
function scanlineSink(header: PNGHeader, palette: Uint8Array, picture: RowSink): Sink {
  const { width, height, components, bitDepth } = header
  const bits = components * bitDepth
  const step = Math.max(1, bits >> 3)
  const passes = (header.interlaced ? ADAM7 : WHOLE).filter(({ x, y }) => x < width && y < height)
  let current = 0
  let pass = passes[0]!
  let y = pass.y
  let filled = 0
  let [line, previous] = newLines()
  const bandRows = header.interlaced ? height : Math.max(1, Math.floor(BAND / width))
  const band = allocate(3 * width * Math.min(height, bandRows))
  let bandTop = 0

  function newLines(): [Uint8Array, Uint8Array] {
    const columns = Math.ceil((width - pass.x) / pass.stepX)
    const length = 1 + Math.ceil((columns * bits) / 8)
    return [new Uint8Array(length), new Uint8Array(length)]
  }

  function finishLine(): void {
    if (!unfilter(line[0]!, line.subarray(1), previous.subarray(1), step)) {
      throw new FormatError(`This PNG file uses filter ${line[0]}, which does not exist.`)
    }
    const from = 3 * (y - bandTop) * width
    expand(line, header, palette, band, from + 3 * pass.x, from + 3 * width, pass.stepX)
    ;[line, previous] = [previous, line]
    filled = 0
    y += pass.stepY
    const isLast = y >= height && current === passes.length - 1
    if (isLast || (!header.interlaced && y === bandTop + bandRows)) {
      picture.put(bandTop, band.subarray(0, 3 * width * (Math.min(y, height) - bandTop)))
      bandTop = y
    }
    if (y < height) return
    current++
    if (isLast) return
    pass = passes[current]!
    y = pass.y
    ;[line, previous] = newLines()
  }

  return (piece: Uint8Array): boolean => {
    let at = 0
    while (at < piece.length && current < passes.length) {
      const taken = Math.min(piece.length - at, line.length - filled)
      line.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled === line.length) finishLine()
    }
    return current === passes.length
  }
}

/** Writes one scanline (with its filter byte in front) to every `stepX`-th pixel of an RGB row. */
function expand(
  line: Uint8Array,
  { components, bitDepth, palette: indexed }: PNGHeader,
  palette: Uint8Array,
  rgb: Uint8Array,
  from: number,
  end: number,
  stepX: number,
): void {
  if (indexed || bitDepth < 8) {
    const mask = 2 ** bitDepth - 1
    for (let to = from, bit = 8; to < end; to += 3 * stepX, bit += bitDepth) {
      const index = (line[bit >> 3]! >> (8 - bitDepth - (bit & 7))) & mask
      rgb[to] = palette[3 * index]!
      rgb[to + 1] = palette[3 * index + 1]!
      rgb[to + 2] = palette[3 * index + 2]!
    }
    return
  }
  const channel = bitDepth >> 3
  const pixel = components * channel
  const [green, blue] = components < 3 ? [0, 0] : [channel, 2 * channel]
  for (let to = from, at = 1; to < end; to += 3 * stepX, at += pixel) {
    rgb[to] = line[at]!
    rgb[to + 1] = line[at + green]!
    rgb[to + 2] = line[at + blue]!
  }
}
