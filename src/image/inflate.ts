import { FormatError } from '../errors.ts'

/** Small pieces bound what a bomb can blow up at once: a piece to 1,032 times its size, 33 MB. */
const PIECE = 32768

/**
 * Decompresses a zlib stream (RFC 1950) given in parts, and yields what comes out piece by piece, so
 * that the caller decides how much is enough. Throws `FormatError` when the stream is damaged.
 */
export async function* inflate(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  const pieces = split(parts)
  const source = new ReadableStream<BufferSource>({
    pull(controller) {
      const next = pieces.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
  })
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new FormatError(`The compressed pixels are damaged: ${cause.message}.`, { cause })
      })
      if (done) return
      yield value
    }
  } finally {
    // Also reached when the caller stops early; a stream that failed already rejects once more.
    reader.cancel().catch(() => {})
  }
}

function* split(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += PIECE) yield part.slice(at, at + PIECE)
  }
}
