import type { FileFormat } from './file-format.ts'
import { latin1, type Metadata } from './metadata.ts'
import { pngChunks, readPNGHeader } from './png-header.ts'

export const pngFormat: FileFormat = { readHeader: readPNGHeader, readMetadata }

async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  const found: Metadata = {}
  let profile: Uint8Array | undefined
  for (const { type, data } of pngChunks(bytes)) {
    if (type === 'eXIf') found.exif ??= data
    else if (/^[zit][TE]Xt$/.test(type)) {
      const keyword = latin1(data.subarray(0, Math.min(80, data.indexOf(0) + 1)))
      if (/^Raw profile type (exif|APP1)\0$/i.test(keyword)) {
        profile ??= decodeProfile(await pngText(type, data, keyword.length))
      } else if (keyword === 'XML:com.adobe.xmp\0') {
        found.xmp ??= await pngText(type, data, keyword.length)
      }
    }
  }
  found.exif ??= profile!
  return found
}

/** The text of a tEXt, zTXt or iTXt chunk behind its keyword (PNG specification, section 11.3.3). */
async function pngText(type: string, data: Uint8Array, at: number): Promise<Uint8Array> {
  if (type === 'tEXt') return data.subarray(at)
  if (type === 'zTXt') return inflateText(data.subarray(at + 1))
  const compressed = data[at] === 1
  const language = data.indexOf(0, at + 2) + 1
  const text = data.subarray(data.indexOf(0, language) + 1)
  return compressed ? inflateText(text) : text
}

/** The inflating code is loaded only for the few files that need it. */
const inflateText = async (compressed: Uint8Array) =>
  (await import('./inflate-text.ts')).inflateText(compressed)

/** Parses a name, a length and the block in hexadecimal, on separate lines. */
function decodeProfile(text: Uint8Array): Uint8Array {
  const [, digits = ''] = /^\s*\S+\s+\d+\s+([0-9a-f\s]*)/i.exec(latin1(text)) ?? []
  const pairs = digits.replace(/\s+/g, '').match(/../g) ?? []
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16))
}
