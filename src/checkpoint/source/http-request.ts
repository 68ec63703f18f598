import { SourceError, VitrineError } from '../../errors.ts'
import { connectionFailure, type HttpGet, type HttpResponse } from '../../platform/http.ts'

/** Where a file is, and how to ask for it. */
export interface Target {
  readonly url: string
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: HttpGet
  readonly cache: RequestCache
}

/** Asks for a file, or for a range of it. */
export async function send(
  { url, name, headers, request, cache }: Target,
  range: readonly [start: number, end: number] | undefined,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  const wanted = range ? { range: `bytes=${range[0]}-${range[1] - 1}` } : {}
  try {
    return await request(url, { headers: { ...headers, ...wanted }, signal, cache })
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof VitrineError) throw cause
    throw new SourceError(`Can't fetch ${name}: ${connectionFailure(cause)}`, { cause })
  }
}

/** The file's size, if this is the plain range from `offset` on that was asked for. */
export function rangeTotal(response: HttpResponse, offset: number): number | undefined {
  if (response.header('content-encoding')) return undefined
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.header('content-range') ?? '')
  if (!match || Number(match[1]) !== offset) return undefined
  return Number(match[2])
}

/** The length of what will be read, which is not that of what is sent when it is compressed. */
export function declaredLength(response: HttpResponse): number | undefined {
  const length = response.header('content-length')
  if (length === null || response.header('content-encoding')) return undefined
  return Number(length)
}

/** What tells one version of a file from the next. */
export const versionOf = (response: HttpResponse) =>
  response.header('etag') ?? response.header('last-modified')
