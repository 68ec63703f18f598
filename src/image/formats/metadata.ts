/** The metadata that may hold an orientation; EXIF takes precedence over XMP. */
export interface Metadata {
  exif?: Uint8Array
  xmp?: Uint8Array
}

export const EXIF_PREFIX = 'Exif\0\0'
export const XMP_PREFIX = 'http://ns.adobe.com/xap/1.0/\0'

export const startsWith = (bytes: Uint8Array, text: string) =>
  latin1(bytes.subarray(0, text.length)) === text

/** Decodes as Latin-1: the searched text is ASCII, whatever the encoding of the rest. */
export const latin1 = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes)
