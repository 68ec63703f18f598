import { platform } from '#platform'
import { SourceError } from '../errors.ts'
import { visible } from './url-name.ts'

/**
 * A URL with a scheme. Next.js makes of `new URL('./file', import.meta.url)` an object whose `href` is a path, which is
 * relative to the page.
 * @throws SourceError where there is no page
 */
export function completeUrl(url: URL, base = platform.baseUrl()): URL {
  if (URL.canParse(url.href)) return url
  if (URL.canParse(url.href, base)) return new URL(url.href, base)
  throw new SourceError(
    `A bundler made ${visible(url.href)} of the URL of a file, which only a page can complete; let it leave the package that names the file to the server's own imports (Next.js: serverExternalPackages).`,
  )
}
