import { platform } from '#platform'
import { ArgumentError } from '../errors.ts'
import { completeUrl } from './complete-url.ts'
import { nameOfUrl, visible } from './url-name.ts'

/** What a text refers to. */
export type Located =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: URL }
  /** Neither a URL nor the path of an existing file: a published name or a wrong path. */
  | { readonly kind: 'name'; readonly name: string }

/** A scheme of two letters or more: one letter and a colon is a drive of Windows. */
const hasAuthority = /^[a-z][a-z0-9+.-]+:\/\//i

/** Schemes that need no slashes. Other texts with a colon may be paths or names. */
const knownScheme = /^(https?|file|data|blob):/i

/** Whether a text is meant as a URL with a scheme, well-formed or not. */
export const isUrl = (text: string) => hasAuthority.test(text) || knownScheme.test(text)

/** The longest path that is looked up; a `data:` URL may be long. */
const longestPath = 4096

/**
 * Classifies a text as path, URL or name. A text with `://` is a URL. Otherwise an existing file takes
 * precedence, whatever its name (`12:30.png`).
 * @throws ArgumentError for a malformed URL
 */
export async function locate(text: string): Promise<Located> {
  const isForSureUrl = hasAuthority.test(text)
  const mayBePath = !isForSureUrl && text !== '' && text.length <= longestPath
  if (mayBePath && (await platform.hasFile(text))) return { kind: 'path', path: text }
  if (knownScheme.test(text) || (isForSureUrl && URL.canParse(text))) {
    return { kind: 'url', url: parseUrl(text) }
  }
  return { kind: 'name', name: text }
}

/** A text as a URL relative to the page; undefined where there is no page. */
export function relativeUrl(text: string): URL | undefined {
  const base = platform.baseUrl()
  return base !== undefined && URL.canParse(text, base) ? new URL(text, base) : undefined
}

/** @throws ArgumentError for a malformed URL */
export function parseUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new ArgumentError(`${nameOfUrl(text)} is not a URL.`)
}

/** A path, URL or name for messages, without secrets of a URL. */
export const nameOfSource = (text: string): string =>
  isUrl(text) ? nameOfUrl(text) : visible(text)

/** Where the bytes of an input are. */
export type FileLocation = Exclude<Located, { readonly kind: 'name' }>

/**
 * Locates an input whose text or URL names a file: `file:` URLs become paths, and a text that is no URL is
 * a path, whether or not a file exists there; in a page it is a URL relative to the page.
 * @throws ArgumentError for malformed URLs
 */
export async function locateFile(input: string | URL): Promise<FileLocation> {
  const located: Located =
    input instanceof URL ? { kind: 'url', url: completeUrl(input) } : await locate(input)
  if (located.kind === 'name') {
    const url = relativeUrl(located.name)
    return url ? { kind: 'url', url } : { kind: 'path', path: located.name }
  }
  if (located.kind === 'path' || located.url.protocol !== 'file:') return located
  return { kind: 'path', path: pathOfFileUrl(located.url) }
}

/**
 * The path of a `file:` URL: `file:///C:/a%20b` is `C:/a b`; elsewhere paths begin with a slash.
 * @throws ArgumentError for URLs with a host, and for malformed percent-encoding
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
      `${nameOfUrl(url)} has a malformed percent-encoding; write a percent sign as %25, or pass the path.`,
    )
  }
  if (path.includes('\0')) throw new ArgumentError(`The path ${nameOfUrl(url)} has a zero byte.`)
  return path.replace(/^\/([A-Za-z]:)/, '$1')
}
