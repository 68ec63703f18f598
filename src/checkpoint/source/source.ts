import { FormatError, LimitError } from '../../errors.ts'
import { type Buffers, chunkBytes } from '../read/buffers.ts'

/** Bytes that can be read at any place, wherever they come from. */
export interface ByteSource {
  /** For messages: the path, the URL, or what kind of object it is. */
  readonly name: string
  /** Undefined as long as a stream of undeclared length has not ended. */
  readonly size: number | undefined
  /**
   * Exactly `length` bytes from `offset` on. The result may be a view of the caller's own buffer:
   * it is not to be written to.
   * @param buffer may be read into, instead of a new one for every call; what is read so is read on
   *   from there most of the time
   * @throws FormatError where the bytes end before that, SourceError where they can't be had
   */
  read(
    offset: number,
    length: number,
    signal?: AbortSignal,
    buffer?: Uint8Array,
  ): Promise<Uint8Array>
  /** The size; a stream of undeclared length is read to its end, and kept, to find out. */
  measure(signal?: AbortSignal): Promise<number>
  /** Bytes `start` to `end` won't be asked for again. Streams drop them. */
  release(start: number, end: number): void
  /**
   * Another reader of the same bytes, which is closed by itself and outlives this one. Missing where bytes may be gone
   * later: those of streams and of the caller.
   */
  share?(): ByteSource
  /** Whether the bytes are still those that were opened; missing where reading finds out. */
  isUnchanged?(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Bytes `start` to `end` in pieces. A piece is valid until the next is asked for: all may be views of
 * one buffer.
 */
export async function* readChunks(
  source: ByteSource,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
  buffers: Buffers,
): AsyncGenerator<Uint8Array> {
  const buffer = buffers.take()
  try {
    for (let at = start; at < end; at += chunkBytes) {
      signal?.throwIfAborted()
      const next = Math.min(at + chunkBytes, end)
      yield await source.read(at, next - at, signal, buffer)
      source.release(at, next)
    }
  } finally {
    buffers.giveBack(buffer)
  }
}

/** The same in small chunks that stay valid, for callers that need only the beginning. */
export async function* peekChunks(
  source: ByteSource,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const peekBytes = 1 << 12
  for (let at = start; at < end; at += peekBytes) {
    signal?.throwIfAborted()
    yield await source.read(at, Math.min(peekBytes, end - at), signal)
  }
}

/** At most `length` bytes from the beginning of a source, fewer only where it has no more. */
export async function readBeginning(
  source: ByteSource,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (source.size !== undefined) return source.read(0, Math.min(length, source.size), signal)
  try {
    return await source.read(0, length, signal)
  } catch (error) {
    // A short stream has ended by now, and knows its size.
    if (!(error instanceof FormatError) || source.size === undefined) throw error
    return source.read(0, Math.min(length, source.size), signal)
  }
}

/**
 * All bytes of a small file.
 * @throws LimitError where there are more than `most`
 */
export async function readSmall(
  source: ByteSource,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = await readBeginning(source, most + 1, signal)
  if (bytes.length <= most) return bytes
  throw new LimitError(`${source.name} is longer than the ${most} bytes that such a file may have.`)
}
