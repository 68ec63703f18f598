import { platform } from '#platform'
import { locateFile } from '../../platform/locator.ts'
import { visible } from '../../platform/url-name.ts'
import { fileSource } from './file.ts'
import { httpSource } from './http.ts'
import type { ByteSource } from './source.ts'

/** Opens the file that a path or a URL names. `limit` is the most that is read from a stream. */
export async function openNamed(
  input: string | URL,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const located = await locateFile(input)
  // `fetch` knows which schemes this runtime has: an extension's, an app's.
  if (located.kind === 'url') return httpSource(located.url.href, limit, signal)
  return fileSource(await platform.openFile(located.path), visible(located.path))
}
