import type { ImageHeader } from './file-format.ts'
import { fileFormats } from './file-formats.ts'
import { knownFormat } from './known-format.ts'

export type { ImageHeader } from './file-format.ts'

/**
 * Reads format and size from an encoded image without decoding it. Throws `FormatError`
 * for a damaged header and `UnsupportedError` for an unsupported kind of image.
 */
export async function readHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const format = knownFormat(bytes) ?? (await import('./sniff.ts')).sniffFormat(bytes)
  const { readHeader } = await fileFormats[format]()
  return { format, ...readHeader(bytes) }
}
