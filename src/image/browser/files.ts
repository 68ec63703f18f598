import type { ImageHeader } from '../formats/header.ts'
import { checkJPEGCost } from '../formats/jpeg/cost.ts'
import { isFrame, readFrame } from '../formats/jpeg/header.ts'
import { isIntact } from '../formats/jpeg/intact.ts'
import { isMetadata, segments } from '../formats/jpeg/segments.ts'
import type { ImageFormat } from '../formats/sniff.ts'
import { hasAlpha, readFirstFrame, stillWebP } from '../formats/webp-header.ts'
import type { Turns } from '../turns.ts'

/** A file to give to the browser. */
export interface BrowserFile {
  /** Only what makes the pixels: browsers differ in which metadata they apply. */
  readonly file: Blob
  /** Whether all pixels are there and undamaged; only then the browser's pixels count. */
  isIntact(turns: Turns): Promise<boolean>
}

type FileFor = (bytes: Uint8Array, header: ImageHeader) => BrowserFile | undefined

/**
 * Which files the browser decodes, because its pixels are those of our decoder.
 *
 * | file                                               | decoded by | because browsers                         |
 * | -------------------------------------------------- | ---------- | ---------------------------------------- |
 * | JPEG: grey, YCbCr or RGB, of usual sampling        | browser    |                                          |
 * | JPEG: CMYK, YCCK, or of unusual sampling           | us         | convert and upsample in other ways       |
 * | JPEG: damaged, cut off, with missing scans         | us         | show it, partly grey or garbage          |
 * | WebP: lossy; lossless without alpha; first frames  | browser    |                                          |
 * | WebP: lossless with alpha                          | us         | multiply colours by alpha                |
 * | WebP: first frame smaller than the canvas          | us         | put it on a transparent ground           |
 * | PNG                                                | us         | multiply by alpha, round 16 bits, show half of a file |
 *
 * Browsers are no faster with PNG, and our decoder takes 2.6 kB, no WebAssembly.
 */
const FILES: Record<ImageFormat, FileFor> = { jpeg: jpegFor, png: () => undefined, webp: webpFor }

/**
 * The file to give to the browser; undefined if our decoder has to decode it.
 * @throws LimitError for a JPEG that takes too long, FormatError if its headers are damaged
 */
export const fileForBrowser: FileFor = (bytes, header) => FILES[header.format](bytes, header)

/** Sampling factors of the luma; the others are 1 x 1. */
const SAMPLINGS = ['1x1', '2x1', '1x2', '2x2']

function jpegFor(bytes: Uint8Array): BrowserFile | undefined {
  checkJPEGCost(bytes)
  const { components } = readFrame([...segments(bytes)].find(isFrame)!)
  const [luma, ...chroma] = components.map(({ across, down }) => `${across}x${down}`)
  const isUsual =
    components.length === 1 ||
    (components.length === 3 &&
      SAMPLINGS.includes(luma!) &&
      chroma.every((factors) => factors === '1x1'))
  if (!isUsual) return undefined
  return { file: withoutMetadata(bytes), isIntact: (turns) => isIntact(bytes, turns) }
}

/** What tells the colour space: APP0 (JFIF) and APP14 (Adobe). */
const KEPT = [0xe0, 0xee]

function withoutMetadata(bytes: Uint8Array): Blob {
  const parts: Uint8Array[] = []
  let from = 0
  for (const { marker, data } of segments(bytes)) {
    if (!isMetadata(marker) || KEPT.includes(marker)) continue
    const at = data.byteOffset - bytes.byteOffset
    parts.push(bytes.subarray(from, at - 4))
    from = at + data.length
  }
  parts.push(bytes.subarray(from))
  return blobOf(parts, 'jpeg')
}

function webpFor(bytes: Uint8Array, { width, height }: ImageHeader): BrowserFile | undefined {
  const { frame } = readFirstFrame(bytes)
  const isWhole = frame.width === width && frame.height === height
  if (!isWhole || hasAlpha(frame.chunk)) return undefined
  // Browsers use the same library, and don't show what it finds damaged.
  return { file: blobOf([stillWebP(frame.chunk)], 'webp'), isIntact: async () => true }
}

const blobOf = (parts: readonly Uint8Array[], format: ImageFormat) =>
  new Blob(parts as readonly BlobPart[] as BlobPart[], { type: `image/${format}` })
