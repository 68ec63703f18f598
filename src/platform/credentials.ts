import { ArgumentError } from '../errors.ts'
import { nameOfUrl } from './url-name.ts'

/** A URL without its user and password, and the header that says the same. */
export interface Target {
  readonly url: URL
  readonly headers: { readonly authorization?: string }
}

/**
 * Takes user and password out of a URL. `fetch` refuses URLs that have them, and Node's client fails
 * where they are not well encoded.
 * @throws ArgumentError where the text is no URL, or user or password are not encoded as URLs are
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
    // Without the cause, whose message may have a part of them.
    throw new ArgumentError(
      `The user or the password of ${nameOfUrl(url)} is not encoded as URLs are; write a percent sign as %25.`,
    )
  }
  return btoa(String.fromCharCode(...new TextEncoder().encode(pair)))
}
