import { onAbort } from '../../abort.ts'
import type { DownloadProgress } from '../../checkpoint/checkpoint.ts'
import { SourceError } from '../../errors.ts'
import { CacheWriteError, type Part, type PartState } from '../cache/cache.ts'
import { memoryPart } from '../cache/memory-part.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import type { Retry } from './attempts.ts'
import { HashedSink, type SinkEvents } from './hashed.ts'
import { Rate } from './rate.ts'
import { transfer } from './transfer.ts'

/** The destination of a download. */
export interface Destination {
  readonly part: Part
  /** Absent for a part that won't become a cache entry. */
  readonly entry?: {
    /** Evicts others until a file of this size fits. */
    evict(bytes: number): Promise<void>
    /** Call it when nothing is written any more. */
    unlock(): Promise<void>
  }
}

/** The interval of progress reports, in milliseconds. */
const reportInterval = 100

/**
 * A running download. Received bytes can be read meanwhile. It becomes a cache entry once its reader has
 * validated it (`keep`).
 */
export class Download {
  readonly remote: Remote
  readonly #settings: Settings
  readonly #controller = new AbortController()
  readonly #waiting = new Set<() => void>()
  readonly #entry: Destination['entry']
  readonly #onProgress: ((progress: DownloadProgress) => void) | undefined
  readonly #rate = new Rate()
  #part: Part
  /** Whether it will become an entry; false after a write error. */
  #kept: boolean
  #generation = 0
  #restarts = 0
  #restarting = false
  #reportedAt = Number.NEGATIVE_INFINITY
  /** Settles when the download is complete or has failed. */
  readonly #done: Promise<{ state: PartState; sha256: string }>
  #ended = false
  /** Whether it is complete. */
  #whole = false
  #hashing = true
  #released: [start: number, end: number][] = []

  /** @param onProgress called at intervals */
  constructor(
    remote: Remote,
    { part, entry }: Destination,
    settings: Settings,
    onProgress: ((progress: DownloadProgress) => void) | undefined,
  ) {
    this.remote = remote
    this.#part = part
    this.#entry = entry
    this.#kept = entry !== undefined
    this.#settings = settings
    this.#onProgress = onProgress
    this.#done = this.#run().finally(() => {
      this.#ended = true
      this.#wake()
    })
    // Readers and `keep` report the error.
    this.#done.catch(() => {})
  }

  /** Incremented when earlier bytes may be of another version of the file. */
  get generation(): number {
    return this.#generation
  }

  /** Readable bytes. */
  get received(): number {
    return this.#part.size
  }

  /** The size of the file; undefined until known. */
  get total(): number | undefined {
    return this.#part.state?.total ?? (this.#whole ? this.#part.size : undefined)
  }

  get version(): string | undefined {
    return this.#part.state?.version
  }

  get request() {
    return this.#settings.request
  }

  /**
   * Waits until `enough()` holds or the download is complete.
   * @throws the download's error, or the signal's reason
   */
  async until(enough: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!enough()) {
      signal?.throwIfAborted()
      if (this.#ended) return void (await this.#done)
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake)
          unlisten?.()
          resolve()
        }
        this.#waiting.add(wake)
        const unlisten = signal && onAbort(signal, wake)
      })
    }
  }

  /** Reads received bytes. If a restart discards them meanwhile, waits until they are received again. */
  async read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array> {
    const generation = this.#generation
    for (;;) {
      const enough = () => !this.#restarting && this.received >= offset + length
      await this.until(() => enough() || generation !== this.#generation)
      const part = this.#part
      const restarts = this.#restarts
      const isSame = () => part === this.#part && restarts === this.#restarts
      try {
        const bytes = await part.read(offset, length, buffer)
        if (isSame()) return bytes
      } catch (error) {
        // The part moved into memory or was restarted: try again.
        if (isSame() || generation !== this.#generation) throw error
      }
    }
  }

  release(start: number, end: number): void {
    // Bytes that are still to be hashed are needed once more.
    if (this.#hashing) this.#released.push([start, end])
    else this.#part.release(start, end)
  }

  /**
   * Waits for completion, verifies the published SHA-256, and makes the file an entry.
   * @throws SourceError where the hash differs; the file is then discarded
   */
  async keep(): Promise<void> {
    const { state, sha256 } = await this.#done
    const { remote } = this
    if (remote.sha256 !== undefined && remote.sha256 !== sha256) {
      await this.drop()
      throw new SourceError(
        `${remote.name} is complete but wrong: its SHA-256 is ${sha256}, the publisher's is ${remote.sha256}.`,
      )
    }
    if (!this.#kept) return
    const version = state.version !== undefined && { version: state.version }
    const { size } = this.#part
    const info = { name: remote.name, file: fileName(remote), size, sha256, ...version }
    try {
      await this.#entry?.evict(size)
      await this.#part.finish(info)
    } catch (error) {
      if (!(error instanceof CacheWriteError)) throw error
      this.#settings.notice(`${remote.name} can't be kept: ${error.message}.`)
    }
  }

  /** Aborts the transfer; pending readers reject with the reason. */
  stop(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Stops, and keeps the received bytes so that a later download resumes. */
  async close(): Promise<void> {
    await this.#stop()
    // Unwritten bytes are lost if they can't be stored.
    await this.#part.flush().catch(() => {})
    await (this.#part.size > 0 ? this.#part.close() : this.#part.discard())
    await this.#entry?.unlock()
  }

  /** Stops, and discards the received bytes. */
  async drop(): Promise<void> {
    await this.#stop()
    await this.#part.discard()
  }

  async #stop(): Promise<void> {
    this.stop(new Error('the download was closed'))
    await this.#done.catch(() => {})
  }

  async #run(): Promise<{ state: PartState; sha256: string }> {
    const { signal } = this.#controller
    for (;;) {
      try {
        this.#hashing = true
        const sink = await HashedSink.over(this.#part, this.#events, signal)
        this.#hashing = false
        for (const [start, end] of this.#released.splice(0)) this.#part.release(start, end)
        const state = await transfer(this.remote, sink, this.#settings, signal, (retry) =>
          this.#reportRetry(retry),
        )
        this.#whole = true
        this.#report(true)
        return { state, sha256: sink.digest() }
      } catch (error) {
        if (!(error instanceof CacheWriteError) || !this.#kept) throw error
        await this.#moveToMemory(error)
      }
    }
  }

  /** After a write error, continues in memory: copies the received bytes and frees the disk space. */
  async #moveToMemory(reason: CacheWriteError): Promise<void> {
    this.#settings.notice(
      `${this.remote.name} is not kept, only loaded: ${reason.message}. See vitrine cache.`,
    )
    const disk = this.#part
    const copied: Uint8Array[] = []
    for (let at = 0; at < disk.size; at += copyBytes) {
      copied.push(await disk.read(at, Math.min(copyBytes, disk.size - at)))
    }
    this.#kept = false
    this.#hashing = true
    this.#part = memoryPart(disk.state, copied)
    await disk.discard().catch(() => {})
  }

  readonly #events: SinkEvents = {
    grown: (isNew) => {
      if (isNew) this.#generation++
      this.#report(false)
      this.#wake()
    },
    restarting: () => {
      this.#restarts++
      this.#restarting = true
    },
    restarted: () => {
      this.#restarting = false
      this.#wake()
    },
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  #reportRetry({ pause, reason }: Retry): void {
    const seconds = Math.round(pause / 100) / 10
    if (this.#onProgress) this.#report(true, { seconds, reason })
    else this.#settings.notice(`${this.remote.name}: retrying in ${seconds} s: ${reason}`)
  }

  #report(always: boolean, retry?: DownloadProgress['retry']): void {
    const now = performance.now()
    if (!this.#onProgress || (now - this.#reportedAt < reportInterval && !always)) return
    this.#reportedAt = now
    const { size, state } = this.#part
    const total = state?.total ?? this.remote.size ?? 0
    const rate = this.#rate.measure(size, now)
    this.#onProgress({
      phase: 'download',
      file: this.remote.name,
      loaded: size,
      total,
      rate,
      ...(rate > 0 && total > 0 && !retry && { secondsLeft: (total - size) / rate }),
      ...(retry && { retry }),
    })
  }
}

const copyBytes = 8 << 20

function fileName({ id }: Remote): string {
  const last = new URL(id).pathname.split('/').at(-1)!
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
