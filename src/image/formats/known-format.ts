export type ImageFormat = 'jpeg' | 'png' | 'webp'

/** The first bytes of a file; a dot stands for any byte. */
const MAGIC: Record<ImageFormat, string> = {
  jpeg: '\xff\xd8',
  png: '\x89PNG\r\n\x1a\n',
  webp: 'RIFF....WEBP',
}

/** The format of an image that is read here, by its first bytes, never by its name. */
export const knownFormat = (bytes: Uint8Array): ImageFormat | undefined =>
  (Object.keys(MAGIC) as ImageFormat[]).find((format) => startsWithMagic(bytes, MAGIC[format]))

export function startsWithMagic(bytes: Uint8Array, magic: string): boolean {
  if (bytes.length < magic.length) return false
  for (let i = 0; i < magic.length; i++) {
    if (magic[i] !== '.' && magic.charCodeAt(i) !== bytes[i]) return false
  }
  return true
}
