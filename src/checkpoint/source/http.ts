import { platform } from '#platform'
import { SourceError, VitrineError } from '../../errors.ts'
import { connectionFailure, type HttpGet, type HttpResponse } from '../../platform/http.ts'
import { nameOfUrl } from '../../platform/url-name.ts'
import { chunkBytes } from '../read/buffers.ts'
import { forwardSource } from './forward.ts'
import { bytesSource } from './memory.ts'
import type { ByteSource } from './source.ts'

/** Headers of tensors lie close to each other; a request for less than this is not worth its way. */
const leastBytes = 1 << 16

export interface HttpOptions {
  /** What messages call the file; the name of its URL unless told. */
  readonly name?: string | undefined
  /** Sent with every request, and never part of a message. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly request?: HttpGet | undefined
  /** The browser's cache mode; `default` unless told. */
  readonly cache?: RequestCache | undefined
}

/** Where a file is, and how to ask for it. */
interface Target {
  readonly url: string
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: HttpGet
  readonly cache: RequestCache
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
  if (total !== undefined) return rangeSource(target, probe, total, signal)

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

async function rangeSource(
  target: Target,
  probe: HttpResponse,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { name } = target
  const version = versionOf(probe)
  let cached = { offset: 0, bytes: await body(name, probe, Math.min(chunkBytes, size), signal) }

  return {
    name,
    size,
    async read(offset, length, signal) {
      if (offset + length > size) {
        // The same words as for any other truncated source.
        return bytesSource(new Uint8Array(0), name).read(offset, length)
      }
      const { offset: start, bytes } = cached
      if (offset >= start && offset + length <= start + bytes.length) {
        return bytes.subarray(offset - start, offset - start + length)
      }
      const end = Math.min(size, offset + Math.max(length, leastBytes))
      const response = await send(target, [offset, end], signal)
      if (response.status !== 206) {
        response.discard()
        throw new SourceError(
          `${name} answered a range with HTTP ${response.status}, after it had answered one before.`,
        )
      }
      if (rangeTotal(response, offset) !== size || versionOf(response) !== version) {
        response.discard()
        throw new SourceError(`${name} changed while it was read; start again.`)
      }
      cached = { offset, bytes: await body(name, response, end - offset, signal) }
      return cached.bytes.subarray(0, length)
    },
    measure: async () => size,
    release() {},
    async close() {},
  }
}

async function send(
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

/** Exactly `length` bytes; a server that sends more or fewer is not believed. */
async function body(
  name: string,
  response: HttpResponse,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  try {
    for await (const chunk of response.chunks()) {
      if (done + chunk.length > length) {
        throw new SourceError(`${name} sent more than the ${length} bytes asked for.`)
      }
      bytes.set(chunk, done)
      done += chunk.length
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SourceError) throw cause
    const reason = connectionFailure(cause)
    throw new SourceError(`${name} broke off after ${done} of ${length} bytes: ${reason}`, {
      cause,
    })
  }
  if (done < length) throw new SourceError(`${name} broke off after ${done} of ${length} bytes.`)
  return bytes
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
