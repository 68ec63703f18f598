import type { FileFormat } from './file-format.ts'
import type { Metadata } from './metadata.ts'
import { readWebPHeader, webpChunks } from './webp-header.ts'

export const webpFormat: FileFormat = { readHeader: readWebPHeader, readMetadata }

function readMetadata(bytes: Uint8Array): Metadata {
  const found: Metadata = {}
  for (const { type, data } of webpChunks(bytes)) {
    if (type === 'EXIF') found.exif ??= data
    else if (type === 'XMP ') found.xmp ??= data
  }
  return found
}
