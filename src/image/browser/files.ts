import type { ImageHeader } from '../formats/header.ts'
import type { BrowserFile } from './browser-file.ts'

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
 * @returns the file to give to the browser; undefined if our decoder has to decode it
 * @throws LimitError for a JPEG that takes too long, FormatError if its headers are damaged
 */
export async function fileForBrowser(
  bytes: Uint8Array,
  header: ImageHeader,
): Promise<BrowserFile | undefined> {
  switch (header.format) {
    case 'jpeg':
      return (await import('./jpeg.ts')).jpegFor(bytes)
    case 'webp':
      return (await import('./webp.ts')).webpFor(bytes, header)
    case 'png':
      return undefined
  }
}
