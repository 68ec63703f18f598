import { ArgumentError } from '../errors.ts'
import { nameOfUrl } from './url-name.ts'

/** A URL without credentials, and the header with them. */
export interface Target {
  readonly url: URL
  readonly headers: { readonly authorization?: string }
}

/**
 * Moves the credentials of a URL into a header. `fetch` rejects URLs with credentials, and Node's client fails
 * if they are malformed.
 * @throws ArgumentError for a malformed URL, or malformed percent-encoding in the credentials
 */
export function takeCredentials(text: string | URL): Target {
  if (!URL.canParse(String(text))) throw new ArgumentError(`${nameOfUrl(text)} is not a URL.`)
  const url = new URL(text)
  const { username, password } = url
  if (username === '' && password === '') return { url, headers: {} }
  url.username = ''
  url.password = ''
  return { url, headers: { authorization: `Basic ${basic(username, password, url)}` } }
}

function basic(username: string, password: string, url: URL): string {
  let pair: string
  try {
    pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    // Without a cause: its message may contain the credentials.
    throw new ArgumentError(
      `The user or the password of ${nameOfUrl(url)} has a malformed percent-encoding; write a percent sign as %25.`,
    )
  }
  return btoa(String.fromCharCode(...new TextEncoder().encode(pair)))
}
