import { FormatError, UnsupportedError } from '../../errors.ts'
import { type ImageFormat, knownFormat, startsWithMagic } from './known-format.ts'

/** First bytes of other common formats, for error messages; a dot stands for any byte. */
const SIGNATURES: readonly { name: string; magic: string }[] = [
  { name: 'GIF', magic: 'GIF8' },
  { name: 'BMP', magic: 'BM' },
  { name: 'TIFF', magic: 'II*\0' },
  { name: 'TIFF', magic: 'MM\0*' },
  { name: 'AVIF', magic: '....ftypavif' },
  { name: 'AVIF', magic: '....ftypavis' },
  { name: 'HEIC', magic: '....ftyphei' },
  { name: 'HEIC', magic: '....ftypmif1' },
  { name: 'JPEG XL', magic: '\xff\x0a' },
  { name: 'JPEG XL', magic: '\0\0\0\x0cJXL ' },
  { name: 'JPEG 2000', magic: '\0\0\0\x0cjP  ' },
  { name: 'ICO', magic: '\0\0\x01\0' },
  { name: 'PDF', magic: '%PDF' },
  { name: 'SVG', magic: '<svg' },
  { name: 'SVG', magic: '<!DOCTYPE svg' },
  { name: 'XML or SVG', magic: '<?xml' },
]

/** Texts commonly passed instead of images; whitespace or a byte order mark may precede them. */
const TEXTS: readonly { start: RegExp; is: string; hint: string }[] = [
  {
    start: /^<(!doctype html|html|head|body|script|title|meta)\b/i,
    is: 'a web page (HTML)',
    hint: 'Its address may be that of a page around the image, or ask for a login.',
  },
  {
    start: /^(\/9j\/|iVBORw0KGgo|UklGR)[A-Za-z0-9+/\s]/,
    is: 'an image in base64',
    hint: 'Pass the bytes that it stands for, or put "data:image/jpeg;base64," before it.',
  },
  {
    start: /^data:image\//i,
    is: 'the text of a data: URL',
    hint: 'Pass it as a string.',
  },
  { start: /^[{[]\s*["{[\]}]/, is: 'JSON', hint: 'It may tell an error of the server.' },
]

const READ = 'JPEG, PNG and WebP images are read'

/** Whitespace and comments before an HTML page. */
const COMMENTS = /^(\s|<!--.*?-->)+/s

/**
 * Recognises an image's format by its first bytes, never by its name. Throws `UnsupportedError` for a known but
 * unsupported format, `FormatError` for anything else.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new FormatError(`The image is empty (0 bytes); ${READ}.`)
  const format = knownFormat(bytes)
  if (format) return format
  const found = SIGNATURES.find(({ magic }) => startsWithMagic(bytes, magic))
  if (found) {
    const article = /^[AEIOS]/.test(found.name) ? 'an' : 'a'
    throw new UnsupportedError(
      `This is ${article} ${found.name} file; ${READ}. Convert it to one of these.`,
    )
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 256)).replace(COMMENTS, '')
  const known = TEXTS.find(({ start }) => start.test(text))
  if (known) throw new FormatError(`This is ${known.is}, not an image: ${READ}. ${known.hint}`)
  const start = [...bytes.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
  throw new FormatError(`This is not an image: ${READ}, but the first bytes are ${start}.`)
}
