import { FormatError, LimitError } from '../../../errors.ts'
import { isFrame, readFrame } from './header.ts'
import { type Segment, SOS, segments } from './segments.ts'

/**
 * The average number of times a block may be decoded. Encoders write up to 6 scans; hundreds of empty scans
 * would make hours of work from few bytes.
 */
const VISITS_PER_BLOCK = 16

/** This many block visits are always allowed: they take about a second. */
const FREE_VISITS = 2 ** 24

/** The fixed cost of a scan, in blocks: its tables are built. */
const SCAN_VISITS = 256

const BLOCK = 8
const BYTES_PER_COEFFICIENT = 2

/** The decoder's memory limit, less what it uses besides the coefficients. */
const MAX_COEFFICIENT_BYTES = 2 ** 32 - 2 ** 26

export interface JPEGCost {
  /**
   * Bytes for the coefficients of the whole picture, which a file of several scans needs: 2 for each
   * sample. 0 for a file of one scan, which is decoded row by row.
   */
  readonly coefficients: number
  /** Blocks decoded over all scans. */
  readonly visits: number
}

/**
 * Estimates the cost of decoding from the headers of all scans.
 * @throws FormatError for a truncated file or one without scans; LimitError for excessive work or memory for
 *   an image of this size
 */
export function checkJPEGCost(bytes: Uint8Array): JPEGCost {
  const frame = [...segments(bytes)].find(isFrame)
  if (!frame) throw new FormatError('This JPEG file has no frame header, so no width and height.')
  const scans = [...segments(bytes)].filter(({ marker }) => marker === SOS)
  if (scans.length === 0) throw new FormatError('This JPEG file has no scan, so no pixels.')
  const { progressive, components, width, height } = readFrame(frame)
  const most = (key: 'across' | 'down') => Math.max(...components.map((one) => one[key]))
  const unitsAcross = Math.ceil(width / (BLOCK * most('across')))
  const unitsDown = Math.ceil(height / (BLOCK * most('down')))
  const blocks = new Map<number, number>()
  let all = 0
  for (const { id, across, down } of components) {
    blocks.set(id, unitsAcross * across * unitsDown * down)
    all += blocks.get(id)!
  }
  const visits = scans.reduce((sum, scan) => sum + SCAN_VISITS + blocksOf(scan, blocks), 0)
  checkVisits(visits, all, scans.length)
  const whole = progressive || scans.length > 1
  const coefficients = whole ? all * BLOCK * BLOCK * BYTES_PER_COEFFICIENT : 0
  if (coefficients > MAX_COEFFICIENT_BYTES) {
    throw new LimitError(
      `This JPEG file has several scans, and needs ${coefficients} bytes to put them together; ` +
        `at most ${MAX_COEFFICIENT_BYTES} are available. Scale it down, or save it as baseline JPEG.`,
    )
  }
  return { coefficients, visits }
}

/** The blocks of a scan's channels. */
function blocksOf({ data }: Segment, blocks: ReadonlyMap<number, number>): number {
  let sum = 0
  for (let i = 0; i < (data[0] ?? 0); i++) sum += blocks.get(data[1 + 2 * i] ?? -1) ?? 0
  return sum
}

function checkVisits(visits: number, blocks: number, scans: number): void {
  const limit = Math.max(FREE_VISITS, VISITS_PER_BLOCK * blocks)
  if (visits <= limit) return
  throw new LimitError(
    `This JPEG file has ${scans} scans, in which ${visits} blocks are decoded; ` +
      `for its size at most ${limit} are. Save it anew, with fewer scans.`,
  )
}
