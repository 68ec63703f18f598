import { rangeTotal, versionOf } from '../../checkpoint/source/http.ts'
import { bytesSource } from '../../checkpoint/source/memory.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { SourceError } from '../../errors.ts'
import type { Download } from './download.ts'

/** A read of no more than this is one of headers. */
const peekBytes = 1 << 17
/**
 * So much is asked for at once, since headers lie close to each other; and what lies no further ahead
 * is there sooner than an answer.
 */
const leastBytes = 1 << 16

/**
 * A download as a source: what came is read from where it is kept, what is about to come is waited for.
 * The directory of an npz is at its end and the headers of its arrays are all over it; those few bytes
 * are asked for ahead, beside the download, so that the arrays can be read as they come.
 */
export function arrivingSource(download: Download): ByteSource {
  const { name } = download.remote
  const { generation } = download
  const check = () => {
    if (download.generation !== generation) throw new ChangedError(name)
  }
  const ahead = new Ahead(download)

  return {
    name,
    get size() {
      return download.total
    },
    async read(offset, length, signal, buffer) {
      const end = offset + length
      const { total } = download
      if (length <= peekBytes && total !== undefined && offset > download.arrived + leastBytes) {
        const peeked = end <= total && (await ahead.read(offset, length, signal))
        check()
        if (peeked) return peeked
      }
      await download.until(() => download.arrived >= end, signal)
      check()
      // The same words as for any other truncated source.
      if (end > download.arrived) {
        return bytesSource(new Uint8Array(0), name).read(offset, length)
      }
      const bytes = await download.read(offset, length, buffer).catch((error) => {
        check()
        throw error
      })
      check()
      return bytes
    },
    async measure(signal) {
      await download.until(() => download.total !== undefined, signal)
      return download.total!
    },
    release: (start, end) => download.release(start, end),
    // The download has a longer life than who reads it: see Published.
    async close() {},
  }
}

/** The server has another version now: what was read of the old one is to be forgotten. */
export class ChangedError extends SourceError {
  constructor(name: string) {
    super(`${name} changed on the server while it was read; try again.`)
  }
}

/** Reads places that have not come yet. */
class Ahead {
  readonly #download: Download
  #window = { offset: 0, bytes: new Uint8Array(0) }
  /** Whatever went wrong, waiting is right. */
  #works = true

  constructor(download: Download) {
    this.#download = download
  }

  async read(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { offset: start, bytes } = this.#window
    if (offset >= start && offset + length <= start + bytes.length) {
      return bytes.subarray(offset - start, offset - start + length)
    }
    if (!this.#works) return undefined
    const fetched = await this.#fetch(offset, length, signal).catch(() => undefined)
    signal?.throwIfAborted()
    if (!fetched) this.#works = false
    else this.#window = { offset, bytes: fetched }
    return fetched?.subarray(0, length)
  }

  async #fetch(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { remote, request, total, version } = this.#download
    const end = Math.min(total!, offset + Math.max(length, leastBytes))
    const headers = { ...remote.headers, range: `bytes=${offset}-${end - 1}` }
    const answer = await request(remote.url, { headers, signal })
    const same = (versionOf(answer) ?? version) === version
    if (answer.status !== 206 || rangeTotal(answer, offset) !== total || !same) {
      answer.discard()
      return undefined
    }
    const bytes = new Uint8Array(end - offset)
    let done = 0
    for await (const chunk of answer.chunks()) {
      bytes.set(chunk, done)
      done += chunk.length
    }
    return done === bytes.length ? bytes : undefined
  }
}
