import { findCached } from '../obtain.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import type { HubReference } from './reference.ts'

// A mirror may be a static web server without Hugging Face's API. A repository's files are then at the same
// paths as on Hugging Face, or in a folder named like the repository.

/** The URL paths of the folders to try. */
export function staticFolders({ repository, revision }: HubReference): string[] {
  const resolved = `/${repository}/resolve/${revision.split('/').map(encodeURIComponent).join('/')}`
  return revision === 'main' ? [resolved, `/${repository}`] : [resolved]
}

/**
 * Whether a file is in the cache or on the server.
 * @param asks whether to send a request
 */
export async function exists(
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
    const response = await settings.request(remote.url, { headers, signal: either })
    response.discard()
    // Some servers respond with a page, and status 200, for missing files.
    const isPage = /^text\/html\b/i.test(response.header('content-type') ?? '')
    return (response.status === 200 || response.status === 206) && !isPage
  } catch {
    signal?.throwIfAborted()
    return false
  }
}
