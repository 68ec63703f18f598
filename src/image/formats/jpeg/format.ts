import type { FileFormat } from '../file-format.ts'
import { EXIF_PREFIX, type Metadata, startsWith, XMP_PREFIX } from '../metadata.ts'
import { readJPEGHeader } from './header.ts'
import { segments } from './segments.ts'

export const jpegFormat: FileFormat = { readHeader: readJPEGHeader, readMetadata }

function readMetadata(bytes: Uint8Array): Metadata {
  const found: Metadata = {}
  for (const { marker, data } of segments(bytes)) {
    if (marker === 0xda) break
    if (marker !== 0xe1) continue
    if (startsWith(data, EXIF_PREFIX)) found.exif ??= data
    else if (startsWith(data, XMP_PREFIX)) found.xmp ??= data.subarray(XMP_PREFIX.length)
  }
  return found
}
