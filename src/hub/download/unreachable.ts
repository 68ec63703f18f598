import { SourceError } from '../../errors.ts'
import { connectionFailure } from '../../platform/http.ts'
import type { Remote } from '../remote.ts'

/** Error codes of the runtimes which mean that no server was reached. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found, no name server responds',
  ECONNREFUSED: 'connection refused',
  ConnectionRefused: 'connection refused',
  ENETUNREACH: 'network unreachable',
  ENETDOWN: 'network unreachable',
  EHOSTUNREACH: 'host unreachable',
  EADDRNOTAVAIL: 'network unreachable',
}

/** Why a server could not be reached; undefined for errors of an established connection. */
export function whyUnreachable(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as Error & { code?: unknown }
    if (typeof code === 'string' && Object.hasOwn(reasons, code)) return reasons[code]
  }
  return undefined
}

/** The error for an unreachable server, with alternatives. */
export function unreachableError(remote: Remote, reason: string, cause: unknown): SourceError {
  const { host } = new URL(remote.url)
  const mirror = remote.mirror ? `set ${remote.mirror} to a mirror; ` : ''
  return new SourceError(
    `Can't reach ${host} for ${remote.name}: ${reason} (${connectionFailure(cause)}). Check the connection and HTTPS_PROXY, or work offline: ${mirror}run "vitrine cache add" where there is a connection and copy its cache (VITRINE_CACHE); or pass the path of a file.`,
    { cause },
  )
}
