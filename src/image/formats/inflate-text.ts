import { Unzlib } from 'fflate'

/** Longer texts say nothing about orientation, and may be bombs. */
const MAX_TEXT = 2 ** 20
/** Deflate expands up to 1032 times, and a piece is inflated as a whole. */
const PIECE = 2 ** 10

/** Inflates a compressed text, up to a MiB of it. What is damaged ends it. */
export function inflateText(compressed: Uint8Array): Uint8Array {
  const text = new Uint8Array(MAX_TEXT)
  let length = 0
  const inflater = new Unzlib((piece) => {
    const part = piece.subarray(0, MAX_TEXT - length)
    text.set(part, length)
    length += part.length
  })
  try {
    for (let at = 0; at < compressed.length && length < MAX_TEXT; at += PIECE) {
      inflater.push(compressed.subarray(at, at + PIECE), at + PIECE >= compressed.length)
    }
  } catch {
    // What came before the damage may be all that is needed.
  }
  return text.subarray(0, length)
}
