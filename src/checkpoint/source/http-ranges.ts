import { SourceError } from '../../errors.ts'
import { connectionFailure, type HttpResponse } from '../../platform/http.ts'
import { chunkBytes } from '../read/buffers.ts'
import { rangeTotal, send, type Target, versionOf } from './http-request.ts'
import { bytesSource } from './memory.ts'
import type { ByteSource } from './source.ts'

/** Headers of tensors lie close to each other; a request for less than this is not worth its way. */
const leastBytes = 1 << 16

/**
 * A file on a server that answers ranges.
 * @param probe the answer to a request for the first `chunkBytes` bytes
 * @param size of the whole file
 */
export async function rangeSource(
  target: Target,
  probe: HttpResponse,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { name } = target
  const version = versionOf(probe)
  let cached = { offset: 0, bytes: await body(name, probe, Math.min(chunkBytes, size), signal) }

  const source: ByteSource = {
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
    share: () => source,
    async close() {},
  }
  return source
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
