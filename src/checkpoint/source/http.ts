import { SourceError } from '../../errors.ts'
import { chunkBytes } from '../buffers.ts'
import { forwardSource, streamChunks } from './forward.ts'
import { bytesSource } from './memory.ts'
import type { ByteSource } from './source.ts'

/** Headers of tensors lie close to each other; a request for less than this is not worth its way. */
const leastBytes = 1 << 16

/**
 * A file on a server. Where the server answers ranges only the ranges that are read are fetched;
 * otherwise the file is read from its beginning, as a stream.
 * @param limit of a file without ranges
 */
export async function httpSource(
  url: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const probe = await request(url, [0, chunkBytes], signal)
  if (probe.status === 416) {
    // No first byte to give: the file is empty.
    await discard(probe)
    return bytesSource(new Uint8Array(0), url)
  }
  const total = probe.status === 206 ? rangeTotal(probe, 0) : undefined
  if (total !== undefined) return rangeSource(url, probe, total, signal)

  let response = probe
  if (probe.status === 206) {
    await discard(probe)
    response = await request(url, undefined, signal)
  }
  if (!response.ok || response.status === 206 || !response.body) {
    await discard(response)
    const reason =
      response.status === 206
        ? 'the server answered with a range that was not asked for'
        : `HTTP ${response.status}`
    throw new SourceError(`Can't fetch ${url}: ${reason}.`)
  }
  return forwardSource(url, streamChunks(response.body), declaredLength(response), limit, signal)
}

async function rangeSource(
  url: string,
  probe: Response,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const version = versionOf(probe)
  let cached = { offset: 0, bytes: await body(url, probe, Math.min(chunkBytes, size), signal) }

  return {
    name: url,
    size,
    async read(offset, length, signal) {
      if (offset + length > size) {
        // The same words as for any other truncated source.
        return bytesSource(new Uint8Array(0), url).read(offset, length)
      }
      const { offset: start, bytes } = cached
      if (offset >= start && offset + length <= start + bytes.length) {
        return bytes.subarray(offset - start, offset - start + length)
      }
      const end = Math.min(size, offset + Math.max(length, leastBytes))
      const response = await request(url, [offset, end], signal)
      if (response.status !== 206) {
        await discard(response)
        throw new SourceError(
          `${url} answered a range with HTTP ${response.status}, after it had answered one before.`,
        )
      }
      if (rangeTotal(response, offset) !== size || versionOf(response) !== version) {
        await discard(response)
        throw new SourceError(`${url} changed while it was read; start again.`)
      }
      cached = { offset, bytes: await body(url, response, end - offset, signal) }
      return cached.bytes.subarray(0, length)
    },
    measure: async () => size,
    release() {},
    async close() {},
  }
}

async function request(
  url: string,
  range: readonly [start: number, end: number] | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const headers: Record<string, string> = range
    ? { range: `bytes=${range[0]}-${range[1] - 1}` }
    : {}
  try {
    return await fetch(url, { headers, signal: signal ?? null })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new SourceError(`Can't fetch ${url}: ${reason(cause)}`, { cause })
  }
}

/** Exactly `length` bytes; a server that sends more or fewer is not believed. */
async function body(
  url: string,
  response: Response,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  try {
    if (response.body) {
      for await (const chunk of streamChunks(response.body)) {
        if (done + chunk.length > length) {
          throw new SourceError(`${url} sent more than the ${length} bytes asked for.`)
        }
        bytes.set(chunk, done)
        done += chunk.length
      }
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SourceError) throw cause
    throw new SourceError(`${url} broke off after ${done} of ${length} bytes: ${reason(cause)}`, {
      cause,
    })
  }
  if (done < length) throw new SourceError(`${url} broke off after ${done} of ${length} bytes.`)
  return bytes
}

/** The file's size, if this is the plain range from `offset` on that was asked for. */
function rangeTotal(response: Response, offset: number): number | undefined {
  if (response.headers.get('content-encoding')) return undefined
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')
  if (!match || Number(match[1]) !== offset) return undefined
  return Number(match[2])
}

/** The length of what will be read, which is not that of what is sent when it is compressed. */
function declaredLength(response: Response): number | undefined {
  const length = response.headers.get('content-length')
  if (length === null || response.headers.get('content-encoding')) return undefined
  return Number(length)
}

const versionOf = (response: Response) =>
  response.headers.get('etag') ?? response.headers.get('last-modified')

const reason = (cause: unknown) => {
  const error = cause as Error & { cause?: Error }
  return error?.cause?.message ?? error?.message ?? String(cause)
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}
