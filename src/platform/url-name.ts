/** The length limit of names, in characters. */
const longest = 200

/** The start of a `data:` URL, up to its parameters and data. */
const mediaType = /^data:([\w.+-]+\/[\w.+-]+)?/i

/**
 * The name of a URL in messages, progress and logs: its origin and path. Credentials, query and
 * fragment are omitted, since they may be secret. Of a `data:` URL only the media type is shown.
 * @returns at most about 200 characters, with control characters escaped; any text is accepted
 */
export function nameOfUrl(url: string | URL): string {
  const text = String(url)
  const data = mediaType.exec(text)
  if (data) return shorten(`data:${data[1] ?? 'text/plain'}`)
  return shorten(visible(URL.canParse(text) ? nameOfParsed(new URL(text)) : nameOfBroken(text)))
}

function nameOfParsed({ protocol, host, pathname }: URL): string {
  if (protocol === 'blob:') return `blob:${nameOfUrl(pathname)}`
  if (host !== '' || pathname.startsWith('/')) return `${protocol}//${host}${pathname}`
  // In user:password@host the user parses as the scheme.
  const at = pathname.lastIndexOf('@')
  return at < 0 ? `${protocol}${pathname}` : pathname.slice(at + 1)
}

/** In a malformed URL the end of the credentials is unknown, so everything after the scheme is omitted. */
function nameOfBroken(text: string): string {
  if (!text.includes('@')) return text.replace(/[?#].*$/s, '')
  return `${/^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? ''}…`
}

function shorten(text: string): string {
  const letters = [...text]
  if (letters.length <= longest) return text
  // Keep the end, which has the file name.
  return `${letters.slice(0, longest / 2).join('')}…${letters.slice(1 - longest / 2).join('')}`
}

/** Control characters, and those that change the direction of text, in the form `\u{1b}`. */
const hidden = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** Escapes an external text for display on a terminal. */
export const visible = (text: string): string =>
  text.replace(hidden, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`)

const urlInText = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi

/** Replaces every URL in a text by its `nameOfUrl`. */
const withoutSecrets = (text: string): string => text.replace(urlInText, nameOfUrl)

/**
 * Makes a runtime's error safe to show and to keep as a `cause`. Some runtimes include the requested URL in
 * the message; such an error is replaced by one with `nameOfUrl`. Others are returned unchanged.
 */
export function withoutSecretsInError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) {
    return typeof error === 'string' ? withoutSecrets(error) : error
  }
  const { message, cause, name, code } = error as Error & { code?: unknown }
  const cleanCause = cause === undefined ? undefined : withoutSecretsInError(cause)
  const texts = [message, ...Object.values(error)]
  const isClean = texts.every((text) => typeof text !== 'string' || withoutSecrets(text) === text)
  if (isClean && cleanCause === cause) return error
  const clean = new Error(withoutSecrets(String(message)), { cause: cleanCause })
  return Object.assign(clean, { name }, code !== undefined && { code })
}
