/** Bytes `start` to `end` of the concatenation of chunks. */
export function gather(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start)
  let at = 0
  for (const chunk of chunks) {
    if (at < end && at + chunk.length > start) {
      const from = Math.max(0, start - at)
      bytes.set(chunk.subarray(from, end - at), at + from - start)
    }
    at += chunk.length
  }
  return bytes
}
