import { Inflate } from 'fflate'
import type { Turns } from '../turns.ts'

/** Bytes of zlib's header (RFC 1950). */
const HEADER = 2
/** Bytes of its checksum, at the end. */
const CHECKSUM = 4
/** Deflate expands up to 1032 times, and a piece is inflated as a whole. */
const PIECE = 2 ** 14

type Sink = (piece: Uint8Array) => boolean

/**
 * Inflates a zlib stream whose end is missing or wrong, as far as it goes.
 * @param newSink takes what comes, from the beginning; says whether that is all that is wanted
 * @returns `complete` where all came that is wanted and the stream just has no end, `wrong checksum` where
 *   it has one that does not fit
 */
export async function inflateUnfinished(
  compressed: readonly Uint8Array[],
  newSink: () => Sink,
  turns: Turns,
): Promise<'complete' | 'incomplete' | 'wrong checksum'> {
  const stream = concatenate(compressed)
  if (stream.length <= HEADER + CHECKSUM) return 'incomplete'
  const adler = new Adler32()
  // Where the stream has a checksum, it is whole without it.
  if (await inflateAll(stream.subarray(HEADER, -CHECKSUM), true, adler.add, turns)) {
    const told = new DataView(stream.buffer).getUint32(stream.length - CHECKSUM)
    if (told !== adler.value) return 'wrong checksum'
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
 * Gives out what there is until the sink has enough.
 * @param whole whether an end is looked for; what comes just before where it lacks is lost then
 * @returns whether the stream was without fault, as far as it was read
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
      // An end is missed only where the last piece has bytes.
      inflater.push(stream.subarray(at, at + PIECE), whole && at + PIECE >= stream.length)
      await turns.take()
    }
    return true
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  }
}

/** fflate's errors have numbers; what a sink throws has none. */
const isDamage = (error: unknown) => typeof (error as { code?: unknown }).code === 'number'

/** Adler-32 (RFC 1950). */
class Adler32 {
  #a = 1
  #b = 0

  add = (bytes: Uint8Array): boolean => {
    // So many that the sums stay below 2^32.
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
