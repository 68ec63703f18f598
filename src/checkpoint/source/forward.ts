import { onAbort } from '../../abort.ts'
import { ArgumentError, FormatError, LimitError, SourceError } from '../../errors.ts'
import type { ByteSource } from './source.ts'

interface Chunk {
  readonly start: number
  readonly bytes: Uint8Array
}

/**
 * A source over a stream. Reading advances the stream only as far as a request needs; received bytes are
 * kept until they are released, and released bytes can't be read again.
 * @param size the declared length, where there is one
 * @param limit a stream that goes on for longer than this is refused
 * @param opened the signal that ends the stream itself; its reason is passed on
 */
export function forwardSource(
  name: string,
  chunks: AsyncIterator<Uint8Array>,
  size: number | undefined,
  limit: number,
  opened?: AbortSignal,
): ByteSource {
  const kept: Chunk[] = []
  /** Ranges released ahead of `front`, which is where the bytes that may still be read begin. */
  let ahead: [start: number, end: number][] = []
  let front = 0
  let received = 0
  let ended = false
  let pulling: Promise<void> | undefined

  async function pull(): Promise<void> {
    let next: IteratorResult<Uint8Array>
    try {
      next = await chunks.next()
    } catch (cause) {
      ended = true
      opened?.throwIfAborted()
      throw new SourceError(`Can't read ${name}: ${(cause as Error)?.message ?? cause}`, { cause })
    }
    if (next.done) {
      ended = true
      return
    }
    if (!(next.value instanceof Uint8Array)) {
      throw new ArgumentError(`${name} must give Uint8Array chunks, not ${typeof next.value}.`)
    }
    kept.push({ start: received, bytes: next.value })
    received += next.value.length
    if (received > limit) {
      throw new LimitError(
        `${name} is longer than the limit of ${limit} bytes; raise maxBytes to accept it.`,
      )
    }
    drop()
  }

  async function receive(until: number, signal: AbortSignal | undefined): Promise<void> {
    while (received < until && !ended) {
      signal?.throwIfAborted()
      // One pull at a time, however many readers wait for it.
      pulling ??= pull().finally(() => {
        pulling = undefined
      })
      await abortable(pulling, signal)
    }
  }

  function drop(): void {
    while (kept.length > 0 && kept[0]!.start + kept[0]!.bytes.length <= front) kept.shift()
  }

  return {
    name,
    get size() {
      return ended ? received : size
    },
    async read(offset, length, signal) {
      if (offset < front) {
        throw new SourceError(
          `Bytes ${offset} to ${offset + length} of ${name} were read already, and a stream can be read only once; pass a Blob or bytes to read more often.`,
        )
      }
      await receive(offset + length, signal)
      if (offset + length > received) {
        throw new FormatError(
          `${name} is truncated: bytes ${offset} to ${offset + length} are expected, it ended after ${received}.`,
        )
      }
      return gather(kept, offset, length)
    },
    async measure(signal) {
      if (size !== undefined && !ended) return size
      await receive(Number.POSITIVE_INFINITY, signal)
      return received
    },
    release(start, end) {
      ahead.push([start, end])
      ahead.sort((a, b) => a[0] - b[0])
      while (ahead.length > 0 && ahead[0]![0] <= front) front = Math.max(front, ahead.shift()![1])
      drop()
    },
    async close() {
      kept.length = 0
      ahead = []
      front = Number.POSITIVE_INFINITY
      if (!ended) {
        ended = true
        // A producer that never answers must not keep the caller waiting.
        void finish(chunks, received === size).catch(() => {})
      }
    },
  }
}

/**
 * Ends the stream. One that has given all its bytes is read to its end instead: to a browser, an answer that is
 * cancelled before its end has failed, and need not be cached.
 */
async function finish(chunks: AsyncIterator<Uint8Array>, isComplete: boolean): Promise<void> {
  const { done } = isComplete ? await chunks.next() : { done: false }
  if (!done) await chunks.return?.()
}

function gather(kept: readonly Chunk[], offset: number, length: number): Uint8Array {
  const end = offset + length
  let at = kept.findIndex((chunk) => chunk.start + chunk.bytes.length > offset)
  const first = kept[at]
  if (first && end <= first.start + first.bytes.length) {
    return first.bytes.subarray(offset - first.start, end - first.start)
  }
  const gathered = new Uint8Array(length)
  for (let done = 0; done < length; at++) {
    const { start, bytes } = kept[at]!
    const part = bytes.subarray(offset + done - start, Math.min(end - start, bytes.length))
    gathered.set(part, done)
    done += part.length
  }
  return gathered
}

/** The promise, or the signal's reason if that comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    promise.then(resolve, reject).finally(onAbort(signal, () => reject(signal.reason)))
  })
}
