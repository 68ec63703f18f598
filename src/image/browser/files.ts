import type { ImageHeader } from '../formats/header.ts'
import { checkJPEGCost } from '../formats/jpeg/cost.ts'
import { isFrame, readFrame } from '../formats/jpeg/header.ts'
import { isIntact } from '../formats/jpeg/intact.ts'
import { isMetadata, segments } from '../formats/jpeg/segments.ts'
import type { ImageFormat } from '../formats/sniff.ts'
import { hasAlpha, readFirstFrame, stillWebP } from '../formats/webp-header.ts'
import type { Turns } from '../turns.ts'

type FileFor = (bytes: Uint8Array, header: ImageHeader, turns: Turns) => Promise<Blob | undefined>

/**
 * For each format: the file to give to the browser, in which only pixels are left, or undefined if only our decoder
 * gives the right pixels or notices damage. Orientation, colour profiles and animation are removed, since browsers
 * differ in what they make of them.
 *
 * | file                                              | decoded by | because browsers                         |
 * | ------------------------------------------------- | ---------- | ---------------------------------------- |
 * | JPEG, grey, YCbCr or RGB, usual sampling, intact   | browser    |                                          |
 * | JPEG, CMYK, YCCK, or unusual sampling              | us         | convert and upsample in other ways       |
 * | JPEG, damaged, cut off or with missing scans       | us         | fill it with grey or garbage             |
 * | WebP, lossy, lossless without alpha, first frames  | browser    |                                          |
 * | WebP, lossless with alpha                          | us         | multiply colours by alpha                |
 * | WebP, first frame smaller than the canvas          | us         | put it on a transparent ground           |
 * | PNG                                                | us         | multiply by alpha, round 16 bits, show half of a file; they are no faster, and our decoder is small |
 */
const FILES: Record<ImageFormat, FileFor> = {
  jpeg: jpegFor,
  png: async () => undefined,
  webp: webpFor,
}

/** The file to give to the browser, or undefined. Throws what decoding would for too costly JPEGs. */
export const fileForBrowser: FileFor = (bytes, header, turns) =>
  FILES[header.format](bytes, header, turns)

/** Sampling factors of the luma; the others are 1 x 1. */
const SAMPLINGS = ['1x1', '2x1', '1x2', '2x2']

async function jpegFor(bytes: Uint8Array, _: ImageHeader, turns: Turns) {
  checkJPEGCost(bytes)
  const { components } = readFrame([...segments(bytes)].find(isFrame)!)
  const [luma, ...chroma] = components.map(({ across, down }) => `${across}x${down}`)
  const isUsual =
    components.length === 1 ||
    (components.length === 3 &&
      SAMPLINGS.includes(luma!) &&
      chroma.every((factors) => factors === '1x1'))
  return isUsual && (await isIntact(bytes, turns)) ? withoutMetadata(bytes) : undefined
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

async function webpFor(bytes: Uint8Array, { width, height }: ImageHeader) {
  const { frame } = readFirstFrame(bytes)
  const isWhole = frame.width === width && frame.height === height
  return isWhole && !hasAlpha(frame.chunk) ? blobOf([stillWebP(frame.chunk)], 'webp') : undefined
}

const blobOf = (parts: readonly Uint8Array[], format: ImageFormat) =>
  new Blob(parts as readonly BlobPart[] as BlobPart[], { type: `image/${format}` })
