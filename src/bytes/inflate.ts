import { FormatError, UnsupportedError } from '../errors.ts'

/**
 * The size of the pieces fed to the stream. Deflate expands up to 1032 times, and an engine may expand a whole
 * piece before the stream can be stopped.
 */
const pieceBytes = 1 << 14

/** How a deflate stream is framed. */
type Deflated = 'deflate' | 'deflate-raw' | 'gzip'

/**
 * Inflates with the runtime's own `DecompressionStream`, piece by piece; the consumer may stop early.
 * @param format `deflate` with zlib's header (RFC 1950), as in PNG, `deflate-raw`, as in zip, or `gzip`
 * @param name what this is, for messages
 * @throws FormatError where the stream is corrupt
 */
export async function* inflate(
  compressed: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: Deflated,
  name: string,
): AsyncGenerator<Uint8Array> {
  const stream = decompressor(format, name)
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  /** What reading the compressed bytes threw. */
  let failed: { error: unknown } | undefined
  let stopped = false

  async function feed(): Promise<void> {
    try {
      for await (const chunk of compressed) {
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          if (stopped || !(await write(chunk.subarray(at, at + pieceBytes)))) return
        }
      }
    } catch (error) {
      failed = { error }
      await writer.abort(error).catch(() => {})
      return
    }
    await writer.close().catch(() => {})
  }

  /** Whether the stream took a piece. If not, its reader says why. */
  async function write(piece: Uint8Array): Promise<boolean> {
    try {
      await writer.ready
      // Copied: the runtime may transfer the buffer, which may belong to the caller.
      await writer.write(new Uint8Array(piece))
      return true
    } catch {
      return false
    }
  }

  const feeding = feed()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value as Uint8Array
    }
  } catch (error) {
    // If reading the compressed bytes failed, report that error instead of the stream's.
    if (failed) throw failed.error
    throw new FormatError(`${name} is not a valid deflate stream.`, { cause: error })
  } finally {
    stopped = true
    void reader.cancel().catch(() => {})
    void writer.abort().catch(() => {})
    void writer.closed.catch(() => {})
    void feeding
  }
}

/**
 * Inflates a stream of known length.
 * @param expected the length of the result; never yields more
 * @throws FormatError where the stream is corrupt or has another length
 */
export async function* inflateExactly(
  compressed: AsyncIterable<Uint8Array>,
  expected: number,
  format: Deflated,
  name: string,
): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const bytes of inflate(compressed, format, name)) {
    received += bytes.length
    if (received > expected) {
      throw new FormatError(`${name} inflates to more than the ${expected} bytes it declares.`)
    }
    yield bytes
  }
  if (received < expected) {
    throw new FormatError(
      `${name} inflates to ${received} bytes, fewer than the ${expected} it declares.`,
    )
  }
}

function decompressor(format: Deflated, name: string): DecompressionStream {
  try {
    return new DecompressionStream(format)
  } catch (cause) {
    throw new UnsupportedError(
      `${name} is compressed, and this runtime can't inflate raw deflate streams (Node can from 20.12). Save it with np.savez instead of np.savez_compressed.`,
      { cause },
    )
  }
}
