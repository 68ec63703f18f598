import { platform } from '#platform'
import { ArgumentError } from '../errors.ts'
import { nameOfUrl, visible } from './url-name.ts'

/** What a text leads to. */
export type Located =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL }
  /** No URL, and nothing lies at that path: the name of something, or a path that is wrong. */
  | { readonly kind: 'name'; readonly name: string }

/** A scheme of two letters or more: one letter and a colon is a drive of Windows. */
const hasAuthority = /^[a-z][a-z0-9+.-]+:\/\//i

/** These need no slashes to be URLs. Other texts with a colon may be paths or names. */
const knownScheme = /^(https?|file|data|blob):/i

/** No system has longer ones, and a `data:` URL may be long. */
const longestPath = 4096

/**
 * Tells paths, URLs and names apart. What has `://` is a URL. Otherwise a file that is there goes
 * first, whatever it is called (`12:30.png`).
 * @throws ArgumentError where a URL is not well formed
 */
export async function locate(text: string): Promise<Located> {
  const isUrl = hasAuthority.test(text)
  const mayBePath = !isUrl && text !== '' && text.length <= longestPath
  if (mayBePath && (await platform.hasFile(text))) return { kind: 'path', path: text }
  if (knownScheme.test(text) || (isUrl && URL.canParse(text))) {
    return { kind: 'url', url: parseUrl(text) }
  }
  return { kind: 'name', name: text }
}

/** @throws ArgumentError */
export function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new ArgumentError(`${nameOfUrl(text)} is not a URL.`)
}

/** A path, URL or name as messages show it: without what may be secret in a URL. */
export const nameOfSource = (text: string): string =>
  hasAuthority.test(text) || knownScheme.test(text) ? nameOfUrl(text) : visible(text)

/**
 * The path of a `file:` URL: `file:///C:/a%20b` is `C:/a b`; elsewhere paths begin with a slash.
 * @throws ArgumentError for URLs with a host, and where the path is not encoded as URLs are
 */
export function pathOfFileUrl(url: URL): string {
  if (url.host !== '') {
    throw new ArgumentError(
      `${nameOfUrl(url)} names the host ${url.host}; a file URL has three slashes, file:///path.`,
    )
  }
  let path: string
  try {
    path = decodeURIComponent(url.pathname)
  } catch {
    throw new ArgumentError(
      `${nameOfUrl(url)} is not encoded as URLs are; write a percent sign as %25, or pass the path.`,
    )
  }
  if (path.includes('\0')) throw new ArgumentError(`The path ${nameOfUrl(url)} has a zero byte.`)
  return path.replace(/^\/([A-Za-z]:)/, '$1')
}
