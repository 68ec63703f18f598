import { FormatError, UnsupportedError } from '../../errors.ts'

export type ImageFormat = 'jpeg' | 'png' | 'webp'

/** First bytes of common formats; a dot stands for any byte. Unsupported formats are listed for error messages. */
const SIGNATURES: readonly { name: string; format?: ImageFormat; magic: string }[] = [
  { name: 'JPEG', format: 'jpeg', magic: '\xff\xd8' },
  { name: 'PNG', format: 'png', magic: '\x89PNG\r\n\x1a\n' },
  { name: 'WebP', format: 'webp', magic: 'RIFF....WEBP' },
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

function startsWith(bytes: Uint8Array, magic: string): boolean {
  if (bytes.length < magic.length) return false
  for (let i = 0; i < magic.length; i++) {
    if (magic[i] !== '.' && magic.charCodeAt(i) !== bytes[i]) return false
  }
  return true
}

/**
 * Recognises an image's format by its first bytes, never by its name. Throws `UnsupportedError` for a known but
 * unsupported format, `FormatError` for anything else.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new FormatError(`The image is empty (0 bytes); ${READ}.`)
  const found = SIGNATURES.find(({ magic }) => startsWith(bytes, magic))
  if (found?.format) return found.format
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
