import { Inflate } from 'fflate'
import { Adler32 } from './adler32.ts'

/** The size of zlib's header (RFC 1950). */
const HEADER = 2
/** The size of its trailing checksum. */
const CHECKSUM = 4

/**
 * What `DecompressionStream` does, in JavaScript, for runtimes that have none. Its readable side fails where
 * the stream is corrupt or has no end.
 */
export function inflateStream(
  format: 'deflate' | 'deflate-raw',
): TransformStream<Uint8Array, Uint8Array> {
  const isZlib = format === 'deflate'
  const adler = new Adler32()
  let header = isZlib ? HEADER : 0
  /** fflate reports a missing end only for a nonempty last piece, so a byte is kept for that; and the checksum. */
  const keep = 1 + (isZlib ? CHECKSUM : 0)
  let kept = new Uint8Array(0)
  let inflater: Inflate
  const push = (bytes: Uint8Array, isLast: boolean) => {
    try {
      inflater.push(bytes, isLast)
    } catch (cause) {
      throw new TypeError('The stream is corrupt.', { cause })
    }
  }

  return new TransformStream({
    start(controller) {
      inflater = new Inflate((piece) => {
        if (isZlib) adler.add(piece)
        if (piece.length > 0) controller.enqueue(piece)
      })
    },
    transform(piece) {
      let bytes = new Uint8Array(kept.length + piece.length)
      bytes.set(kept)
      bytes.set(piece, kept.length)
      if (header > 0) {
        if (bytes.length < HEADER) {
          kept = bytes
          return
        }
        checkHeader(bytes)
        bytes = bytes.subarray(HEADER)
        header = 0
      }
      const end = Math.max(0, bytes.length - keep)
      push(bytes.subarray(0, end), false)
      kept = bytes.subarray(end)
    },
    flush() {
      if (header > 0 || kept.length < keep) throw new TypeError('The stream has no end.')
      push(kept.subarray(0, 1), true)
      if (isZlib && new DataView(kept.buffer, kept.byteOffset + 1).getUint32(0) !== adler.value) {
        throw new TypeError('The checksum is wrong.')
      }
    },
  })
}

/** zlib's header: method 8, no preset dictionary, and a check of both bytes. */
function checkHeader(bytes: Uint8Array): void {
  const [method, flags] = bytes as unknown as [number, number]
  const isZlib = (method & 15) === 8 && !(flags & 32) && (method * 256 + flags) % 31 === 0
  if (!isZlib) throw new TypeError('It does not begin with the header of zlib.')
}
