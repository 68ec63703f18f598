import { Inflate } from 'fflate'
import type { Turns } from '../turns.ts'

/** The size of zlib's header (RFC 1950). */
const HEADER = 2
/** The size of its trailing checksum. */
const CHECKSUM = 4
/** A piece is inflated at once, and deflate expands up to 1032 times. */
const PIECE = 2 ** 14

type Sink = (piece: Uint8Array) => boolean

/**
 * Inflates a zlib stream with a missing or wrong end, as far as possible.
 * @param newSink receives the output from the beginning; returns true when it has enough
 * @returns `complete` if the sink got enough and the stream merely has no end, `wrong checksum` if it ends with
 *   a wrong checksum
 */
export async function inflateUnfinished(
  compressed: readonly Uint8Array[],
  newSink: () => Sink,
  turns: Turns,
): Promise<'complete' | 'incomplete' | 'wrong checksum'> {
  const stream = concatenate(compressed)
  if (stream.length <= HEADER + CHECKSUM) return 'incomplete'
  const adler = new Adler32()
  // If the stream has a checksum, it is complete without those bytes.
  if (await inflateAll(stream.subarray(HEADER, -CHECKSUM), true, adler.add, turns)) {
    const expected = new DataView(stream.buffer).getUint32(stream.length - CHECKSUM)
    if (expected !== adler.value) return 'wrong checksum'
  }
  const sink = newSink()
  let complete = false
  const take = (piece: Uint8Array) => {
    complete ||= sink(piece)
    return complete
  }
  await inflateAll(stream.subarray(HEADER), false, take, turns)
  return complete ? 'complete' : 'incomplete'
}

/**
 * Inflates into the sink until it has enough.
 * @param whole whether to require an end; without one, the last bytes of output are lost then
 * @returns whether the stream was valid as far as it was read
 */
async function inflateAll(
  stream: Uint8Array,
  whole: boolean,
  sink: Sink,
  turns: Turns,
): Promise<boolean> {
  let enough = false
  const inflater = new Inflate((piece) => {
    enough ||= sink(piece)
  })
  try {
    for (let at = 0; at < stream.length && !enough; at += PIECE) {
      // fflate reports a missing end only for a nonempty last piece.
      inflater.push(stream.subarray(at, at + PIECE), whole && at + PIECE >= stream.length)
      await turns.take()
    }
    return true
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  }
}

/** fflate's errors have numeric codes; errors of a sink do not. */
const isDamage = (error: unknown) => typeof (error as { code?: unknown }).code === 'number'

/** Adler-32 (RFC 1950). */
class Adler32 {
  #a = 1
  #b = 0

  add = (bytes: Uint8Array): boolean => {
    // As many as keep the sums below 2^32.
    const most = 5552
    for (let at = 0; at < bytes.length; at += most) {
      const end = Math.min(at + most, bytes.length)
      for (let i = at; i < end; i++) {
        this.#a += bytes[i]!
        this.#b += this.#a
      }
      this.#a %= 65521
      this.#b %= 65521
    }
    return false
  }

  get value(): number {
    return this.#b * 65536 + this.#a
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
