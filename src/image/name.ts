import { platform } from '#platform'
import { nameOfUrl, visible } from '../platform/url-name.ts'

/** A scheme of two letters or more: one letter and a colon is a Windows drive. */
const URL_PATTERN = /^[a-z][a-z0-9+.-]+:/i

/** A longer text is probably not a path; it may be an image in base64. */
const LONGEST_PATH = 200

/**
 * A short name of an image input for messages: its path, its URL without credentials and query, or the kind of
 * object. Never includes contents, and never throws.
 */
export function nameOfImage(image: unknown): string {
  try {
    return typeof image === 'string' ? nameOfText(image) : nameOfObject(image)
  } catch {
    // A getter of the caller's object threw; reading the image will report it.
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
  const kind = platform.pictures?.kind(image)
  const { width, height } = image as { width?: unknown; height?: unknown }
  const isSized = typeof width === 'number' && typeof height === 'number'
  if (!isSized) return kind ?? 'an object'
  return `${kind ?? 'raw pixels'} of ${width} x ${height}`
}
