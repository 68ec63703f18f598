import { Unzlib } from 'fflate'

/** The limit of a text. Orientation metadata is shorter, and longer texts may be decompression bombs. */
const MAX_TEXT = 2 ** 20
/** A piece is inflated at once, and deflate expands up to 1032 times. */
const PIECE = 2 ** 10

/** Inflates up to 1 MiB of a compressed text, or up to the first damage. */
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
    // The text before the damage may be enough.
  }
  return text.subarray(0, length)
}
