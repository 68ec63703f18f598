import { FormatError, UnsupportedError } from '../../errors.ts'

/**
 * Compressed bytes are fed in pieces of this size: deflate expands up to 1032 times, and an engine
 * may expand a whole piece before anybody can stop it.
 */
const pieceBytes = 1 << 14

/**
 * Inflates a raw deflate stream with the runtime's own `DecompressionStream`.
 * @param expected the length that the result must have; not a byte more is handed out
 * @throws FormatError where the stream is corrupt, or longer or shorter than that
 */
export async function* inflate(
  compressed: AsyncIterable<Uint8Array>,
  expected: number,
  name: string,
): AsyncGenerator<Uint8Array> {
  const stream = decompressor(name)
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  let failed: { error: unknown } | undefined
  let stopped = false

  async function feed(): Promise<void> {
    try {
      for await (const chunk of compressed) {
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          if (stopped) return
          await writer.ready
          // The runtime may take the buffer away, and it may belong to the caller.
          await writer.write(new Uint8Array(chunk.subarray(at, at + pieceBytes)))
        }
      }
      await writer.close()
    } catch (error) {
      failed ??= { error }
      await writer.abort(error).catch(() => {})
    }
  }

  const feeding = feed()
  let received = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      received += value.length
      if (received > expected) {
        throw new FormatError(`${name} inflates to more than the ${expected} bytes it declares.`)
      }
      yield value as Uint8Array
    }
  } catch (error) {
    if (error instanceof FormatError) throw error
    // Where reading the compressed bytes failed, that is the reason, whatever the stream made of it.
    if (failed && !(failed.error instanceof TypeError)) throw failed.error
    throw new FormatError(`${name} is not a valid deflate stream.`, { cause: error })
  } finally {
    stopped = true
    void reader.cancel().catch(() => {})
    void writer.abort().catch(() => {})
    void writer.closed.catch(() => {})
    void feeding
  }
  if (received < expected) {
    throw new FormatError(
      `${name} inflates to ${received} bytes, fewer than the ${expected} it declares.`,
    )
  }
}

function decompressor(name: string): DecompressionStream {
  try {
    return new DecompressionStream('deflate-raw')
  } catch (cause) {
    throw new UnsupportedError(
      `${name} is compressed, and this runtime can't inflate raw deflate streams (Node can from 20.12). Save it with np.savez instead of np.savez_compressed.`,
      { cause },
    )
  }
}
