import { rangeTotal, versionOf } from '../../checkpoint/source/http-request.ts'
import { bytesSource } from '../../checkpoint/source/memory.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { SourceError } from '../../errors.ts'
import type { Download } from './download.ts'

/** Reads up to this size are taken for headers. */
const peekBytes = 1 << 17
/**
 * The least bytes of a range request, since headers are close together. Bytes no further ahead than this arrive
 * with the download before a response would.
 */
const leastBytes = 1 << 16

/**
 * A source over a running download. Received bytes are read from the part; reads of later bytes wait. The
 * directory of an npz is at its end and array headers are spread over the file, so those few bytes are fetched
 * by range requests in parallel. The arrays can then be read as they arrive.
 */
export function inFlightSource(download: Download): ByteSource {
  const { name } = download.remote
  const { generation } = download
  const check = () => {
    if (download.generation !== generation) throw new ChangedError(name)
  }
  const ranges = new RangeReader(download)

  return {
    name,
    get size() {
      return download.total
    },
    async read(offset, length, signal, buffer) {
      const end = offset + length
      const { total } = download
      if (length <= peekBytes && total !== undefined && offset > download.received + leastBytes) {
        const peeked = end <= total && (await ranges.read(offset, length, signal))
        check()
        if (peeked) return peeked
      }
      await download.until(() => download.received >= end, signal)
      check()
      // The same error as for any other truncated source.
      if (end > download.received) {
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
    // The download outlives its readers; `Obtained.close` ends it.
    async close() {},
  }
}

/** The file changed on the server, so bytes read before are invalid. */
export class ChangedError extends SourceError {
  constructor(name: string) {
    super(`${name} changed on the server while it was read; try again.`)
  }
}

/** Reads bytes that were not downloaded yet, by range requests. */
class RangeReader {
  readonly #download: Download
  #window = { offset: 0, bytes: new Uint8Array(0) }
  /** Cleared after any failure; then reads wait for the download. */
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
    const response = await request(remote.url, { headers, signal })
    const same = (versionOf(response) ?? version) === version
    if (response.status !== 206 || rangeTotal(response, offset) !== total || !same) {
      response.discard()
      return undefined
    }
    const bytes = new Uint8Array(end - offset)
    let done = 0
    for await (const chunk of response.chunks()) {
      bytes.set(chunk, done)
      done += chunk.length
    }
    return done === bytes.length ? bytes : undefined
  }
}
