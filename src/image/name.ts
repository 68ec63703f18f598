import { nameOfUrl, visible } from '../platform/url-name.ts'

/** A scheme of two letters or more: one letter and a colon is a Windows drive. */
const URL_PATTERN = /^[a-z][a-z0-9+.-]+:/i

/** A longer text is hardly a path; it may be a picture in base64. */
const LONGEST_PATH = 200

/**
 * A short name of what an image was given as, for messages: its path, its URL without credentials and
 * query, or what kind of object it is. Nothing of its contents. Never throws.
 */
export function nameOfImage(image: unknown): string {
  try {
    return typeof image === 'string' ? nameOfText(image) : nameOfObject(image)
  } catch {
    // Getters of the caller's own; whoever reads the image finds out.
    return 'an object'
  }
}

function nameOfText(text: string): string {
  if (URL_PATTERN.test(text)) return nameOfUrl(text)
  return text.length > LONGEST_PATH ? `a text of ${text.length} characters` : visible(text)
}

function nameOfObject(image: unknown): string {
  if (image instanceof URL) return nameOfUrl(image)
  if (image instanceof Blob) {
    const { name } = image as Partial<File>
    return name ? nameOfText(name) : `a Blob of ${image.size} bytes`
  }
  if (image instanceof ArrayBuffer || image instanceof Uint8Array) {
    return `${image.byteLength} bytes`
  }
  if (typeof image !== 'object' || image === null) return typeof image
  const { width, height } = image as { width?: unknown; height?: unknown }
  const isRaw = typeof width === 'number' && typeof height === 'number'
  return isRaw ? `raw pixels of ${width} x ${height}` : 'an object'
}
