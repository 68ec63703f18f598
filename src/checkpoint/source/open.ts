import { ArgumentError } from '../../errors.ts'
import { completeUrl } from '../../platform/complete-url.ts'
import { streamChunks } from '../../platform/http.ts'
import type { CheckpointInput } from '../checkpoint.ts'
import { forwardSource } from './forward.ts'
import { httpSource } from './http.ts'
import { blobSource, bytesSource } from './memory.ts'
import type { ByteSource } from './source.ts'

/** Opens whatever a checkpoint can be given as; what is open already stays so. `limit` is the most that is read from a stream. */
export async function openSource(
  input: CheckpointInput | ByteSource,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  signal?.throwIfAborted()
  if (isSource(input)) return input
  if (input === '') throw new ArgumentError('The path of the checkpoint is empty.')
  if (typeof input === 'string' || input instanceof URL) {
    // The embedded model mostly is such a URL; others and texts have to be understood first.
    if (input instanceof URL && /^https?:$/.test(input.protocol)) {
      return httpSource(completeUrl(input).href, limit, signal)
    }
    return (await import('./named.ts')).openNamed(input, limit, signal)
  }
  if (input instanceof Uint8Array) return bytesSource(input)
  if (input instanceof ArrayBuffer) return bytesSource(new Uint8Array(input))
  if (input instanceof Blob) return blobSource(input)
  if (isStream(input)) {
    return forwardSource('the given stream', streamChunks(input), undefined, limit)
  }
  if (typeof (input as AsyncIterable<Uint8Array>)?.[Symbol.asyncIterator] === 'function') {
    return forwardSource('the given stream', input[Symbol.asyncIterator](), undefined, limit)
  }
  throw new ArgumentError(
    'A checkpoint is opened from a path, a URL, a Blob, bytes, or a stream of bytes; this is none.',
  )
}

const isSource = (input: unknown): input is ByteSource =>
  typeof (input as ByteSource)?.measure === 'function'

const isStream = (input: unknown): input is ReadableStream<Uint8Array> =>
  typeof (input as ReadableStream)?.getReader === 'function'
