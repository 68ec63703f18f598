import { platform } from '#platform'
import { SourceError } from '../../errors.ts'
import type { HttpGet } from '../../platform/http.ts'
import { nameOfUrl } from '../../platform/url-name.ts'
import { chunkBytes } from '../read/buffers.ts'
import { forwardSource } from './forward.ts'
import { declaredLength, rangeTotal, send } from './http-request.ts'
import { bytesSource } from './memory.ts'
import type { ByteSource } from './source.ts'

export interface HttpOptions {
  /** What messages call the file; the name of its URL unless told. */
  readonly name?: string | undefined
  /** Sent with every request, and never part of a message. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly request?: HttpGet | undefined
  /** The browser's cache mode; `default` unless told. */
  readonly cache?: RequestCache | undefined
}

/**
 * A file on a server. Where the server answers ranges only the ranges that are read are fetched;
 * otherwise the file is read from its beginning, as a stream. So it is where the runtime caches whole answers, except
 * for an `.npz`, whose directory is at its end.
 * @param limit of a file without ranges
 */
export async function httpSource(
  url: string,
  limit: number,
  signal: AbortSignal | undefined,
  options: HttpOptions = {},
): Promise<ByteSource> {
  const source = await openOrStatus(url, limit, signal, options)
  if (typeof source !== 'number') return source
  const { name = nameOfUrl(url) } = options
  const reason =
    source === 206 ? 'the server answered with a range that was not asked for' : `HTTP ${source}`
  throw new SourceError(`Can't fetch ${name}: ${reason}.`)
}

/** The same, or the HTTP status of a server that does not give the file. */
export async function openOrStatus(
  url: string,
  limit: number,
  signal: AbortSignal | undefined,
  options: HttpOptions = {},
): Promise<ByteSource | number> {
  const {
    name = nameOfUrl(url),
    headers = {},
    request = platform.request,
    cache = 'default',
  } = options
  const target = { url, name, headers, request, cache }
  const whole =
    cache === 'default' && platform.cachesWholeAnswers && !/\.npz$/i.test(new URL(url).pathname)
  const probe = await send(target, whole ? undefined : [0, chunkBytes], signal)
  if (probe.status === 416) {
    // No first byte to give: the file is empty.
    probe.discard()
    return bytesSource(new Uint8Array(0), name)
  }
  const total = probe.status === 206 ? rangeTotal(probe, 0) : undefined
  if (total !== undefined) {
    const { rangeSource } = await import('./http-ranges.ts')
    return rangeSource(target, probe, total, signal)
  }

  let response = probe
  if (probe.status === 206) {
    probe.discard()
    response = await send(target, undefined, signal)
  }
  if (response.status !== 200) {
    response.discard()
    return response.status
  }
  const chunks = response.chunks()[Symbol.asyncIterator]()
  return forwardSource(name, chunks, declaredLength(response), limit, signal)
}
