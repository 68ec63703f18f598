import { fileFormats } from './file-formats.ts'
import type { ImageFormat } from './known-format.ts'
import { EXIF_PREFIX, latin1, startsWith } from './metadata.ts'
import { type Orientation, orientationOf, readTIFFOrientation } from './tiff.ts'

/**
 * Reads the orientation of an encoded image: from EXIF, else from XMP's `tiff:Orientation`. In PNG files, EXIF may
 * also be in the text chunk that ImageMagick and ExifTool write. Malformed metadata counts as upright.
 */
export async function readOrientation(
  bytes: Uint8Array,
  format: ImageFormat,
): Promise<Orientation> {
  const { readMetadata } = await fileFormats[format]()
  const { exif, xmp } = await readMetadata(bytes)
  const found = exif && readTIFFOrientation(withoutPrefix(exif))
  return found ?? (xmp && readXMP(xmp)) ?? 1
}

function readXMP(xmp: Uint8Array): Orientation | undefined {
  const [, value] = /tiff:Orientation\s*(?:=\s*["']|>)\s*(\d+)/.exec(latin1(xmp)) ?? []
  return value === undefined ? undefined : orientationOf(Number(value))
}

const withoutPrefix = (exif: Uint8Array) =>
  startsWith(exif, EXIF_PREFIX) ? exif.subarray(EXIF_PREFIX.length) : exif
