import { findCached } from '../obtain.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import type { HubReference } from './reference.ts'

// A mirror may be a plain folder behind a web server, without Hugging Face's API. Then a repository's
// files lie where Hugging Face itself has them, or simply in a folder of the repository's name.

/** The folders in which the files of a repository may lie on such a mirror, as paths of URLs. */
export function staticFolders({ repository, revision }: HubReference): string[] {
  const resolved = `/${repository}/resolve/${revision.split('/').map(encodeURIComponent).join('/')}`
  return revision === 'main' ? [resolved, `/${repository}`] : [resolved]
}

/**
 * Whether a file is in the cache, or on the server.
 * @param asks whether the server is asked
 */
export async function isThere(
  remote: Remote,
  settings: Settings,
  asks: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (await findCached(remote, settings)) return true
  if (!asks) return false
  const headers = { ...remote.headers, range: 'bytes=0-0' }
  const timeout = AbortSignal.timeout(settings.timeout)
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout
  try {
    const answer = await settings.request(remote.url, { headers, signal: either })
    answer.discard()
    // Some servers have a page for whatever is missing.
    const isPage = /^text\/html\b/i.test(answer.header('content-type') ?? '')
    return (answer.status === 200 || answer.status === 206) && !isPage
  } catch {
    signal?.throwIfAborted()
    return false
  }
}
