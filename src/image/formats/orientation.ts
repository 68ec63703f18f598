import { segments } from './jpeg/segments.ts'
import { pngChunks } from './png-header.ts'
import type { ImageFormat } from './sniff.ts'
import { type Orientation, orientationOf, readTIFFOrientation } from './tiff.ts'
import { webpChunks } from './webp-header.ts'

/** The metadata that may hold an orientation; EXIF takes precedence over XMP. */
interface Metadata {
  exif?: Uint8Array
  xmp?: Uint8Array
}

const READERS: Record<ImageFormat, (bytes: Uint8Array) => Metadata | Promise<Metadata>> = {
  jpeg: readJPEG,
  png: readPNG,
  webp: readWebP,
}

/**
 * Reads the orientation of an encoded image: from EXIF, else from XMP's `tiff:Orientation`. In PNG files, EXIF may
 * also be in the text chunk that ImageMagick and ExifTool write. Malformed metadata counts as upright.
 */
export async function readOrientation(
  bytes: Uint8Array,
  format: ImageFormat,
): Promise<Orientation> {
  const { exif, xmp } = await READERS[format](bytes)
  const found = exif && readTIFFOrientation(withoutPrefix(exif))
  return found ?? (xmp && readXMP(xmp)) ?? 1
}

const EXIF_PREFIX = 'Exif\0\0'
const XMP_PREFIX = 'http://ns.adobe.com/xap/1.0/\0'

function readJPEG(bytes: Uint8Array): Metadata {
  const found: Metadata = {}
  for (const { marker, data } of segments(bytes)) {
    if (marker === 0xda) break
    if (marker !== 0xe1) continue
    if (startsWith(data, EXIF_PREFIX)) found.exif ??= data
    else if (startsWith(data, XMP_PREFIX)) found.xmp ??= data.subarray(XMP_PREFIX.length)
  }
  return found
}

async function readPNG(bytes: Uint8Array): Promise<Metadata> {
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

function readWebP(bytes: Uint8Array): Metadata {
  const found: Metadata = {}
  for (const { type, data } of webpChunks(bytes)) {
    if (type === 'EXIF') found.exif ??= data
    else if (type === 'XMP ') found.xmp ??= data
  }
  return found
}

function readXMP(xmp: Uint8Array): Orientation | undefined {
  const [, value] = /tiff:Orientation\s*(?:=\s*["']|>)\s*(\d+)/.exec(latin1(xmp)) ?? []
  return value === undefined ? undefined : orientationOf(Number(value))
}

const withoutPrefix = (exif: Uint8Array) =>
  startsWith(exif, EXIF_PREFIX) ? exif.subarray(EXIF_PREFIX.length) : exif

const startsWith = (bytes: Uint8Array, text: string) =>
  latin1(bytes.subarray(0, text.length)) === text

/** Decodes as Latin-1: the searched text is ASCII, whatever the encoding of the rest. */
const latin1 = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes)
