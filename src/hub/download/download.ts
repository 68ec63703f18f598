import { onAbort } from '../../abort.ts'
import type { DownloadProgress } from '../../checkpoint/checkpoint.ts'
import { SourceError } from '../../errors.ts'
import { NoRoomError, type Part, type PartState } from '../cache/cache.ts'
import { memoryPart } from '../cache/memory-part.ts'
import type { Remote } from '../remote.ts'
import type { Settings } from '../settings.ts'
import type { Retry } from './attempts.ts'
import { HashedSink, type SinkEvents } from './hashed.ts'
import { Rate } from './rate.ts'
import { transfer } from './transfer.ts'

/** Where a download goes. */
export interface Place {
  readonly part: Part
  /** Missing for a part that will be no entry of a cache. */
  readonly entry?: {
    /** Removes others until so many bytes are free. */
    makeRoom(bytes: number): Promise<void>
    /** To be called when nobody writes to it any more. */
    unlock(): Promise<void>
  }
}

/** How often progress is told, in milliseconds. */
const tellEvery = 100

/**
 * A file that is coming. What came can be read meanwhile; it becomes an entry of the cache when
 * whoever reads it says that it makes sense (`keep`).
 */
export class Download {
  readonly remote: Remote
  readonly #settings: Settings
  readonly #controller = new AbortController()
  readonly #waiting = new Set<() => void>()
  readonly #entry: Place['entry']
  readonly #onProgress: ((progress: DownloadProgress) => void) | undefined
  readonly #rate = new Rate()
  #part: Part
  /** Whether it will be an entry; a disk that is full changes that. */
  #kept: boolean
  #generation = 0
  #restarts = 0
  #restarting = false
  #told = Number.NEGATIVE_INFINITY
  /** Settles when all bytes are there, with what they are. */
  readonly #done: Promise<{ state: PartState; sha256: string }>
  #ended = false
  /** Whether it ended well. */
  #whole = false
  #hashing = true
  #released: [start: number, end: number][] = []

  /** @param onProgress told now and then how much there is */
  constructor(
    remote: Remote,
    { part, entry }: Place,
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
    // Told to whoever reads or keeps it.
    this.#done.catch(() => {})
  }

  /** Another number when what was read before may be of another version of the file than what comes. */
  get generation(): number {
    return this.#generation
  }

  /** Bytes that can be read. */
  get arrived(): number {
    return this.#part.size
  }

  /** Undefined as long as nobody said so, also where the download failed before. */
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
   * Waits until `enough` says so, or everything is there.
   * @throws why the download failed, or the signal's reason
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

  /** Bytes that have arrived. Where they are dropped meanwhile, waits until they are there again. */
  async read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array> {
    const generation = this.#generation
    for (;;) {
      const enough = () => !this.#restarting && this.arrived >= offset + length
      await this.until(() => enough() || generation !== this.#generation)
      const part = this.#part
      const restarts = this.#restarts
      const isSame = () => part === this.#part && restarts === this.#restarts
      try {
        const bytes = await part.read(offset, length, buffer)
        if (isSame()) return bytes
      } catch (error) {
        // It moved into memory, or was begun anew.
        if (isSame() || generation !== this.#generation) throw error
      }
    }
  }

  release(start: number, end: number): void {
    // What is about to be hashed is needed once more.
    if (this.#hashing) this.#released.push([start, end])
    else this.#part.release(start, end)
  }

  /**
   * Waits for the rest, compares it with what the publisher says, and makes it an entry.
   * @throws SourceError where it is something else; nothing of it is then left
   */
  async keep(): Promise<void> {
    const { state, sha256 } = await this.#done
    const { remote } = this
    if (remote.sha256 !== undefined && remote.sha256 !== sha256) {
      await this.drop()
      throw new SourceError(
        `${remote.name} came whole but wrong: its SHA-256 is ${sha256}, its publisher says ${remote.sha256}.`,
      )
    }
    if (!this.#kept) return
    const version = state.version !== undefined && { version: state.version }
    const { size } = this.#part
    const info = { name: remote.name, file: fileName(remote), size, sha256, ...version }
    try {
      await this.#entry?.makeRoom(size)
      await this.#part.finish(info)
    } catch (error) {
      if (!(error instanceof NoRoomError)) throw error
      this.#settings.notice(`${remote.name} can't be kept: ${error.message}.`)
    }
  }

  /** Asks for no more; who waits for what would have come is told why. */
  stop(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Stops; what came stays for the next who wants it, if anything came. */
  async close(): Promise<void> {
    await this.#stop()
    // Bytes that can't be kept are as good as none.
    await this.#part.flush().catch(() => {})
    await (this.#part.size > 0 ? this.#part.close() : this.#part.discard())
    await this.#entry?.unlock()
  }

  /** Stops, and leaves nothing. */
  async drop(): Promise<void> {
    await this.#stop()
    await this.#part.discard()
  }

  async #stop(): Promise<void> {
    this.stop(new Error('nobody waits for it any more'))
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
          this.#tellRetry(retry),
        )
        this.#whole = true
        this.#tell(true)
        return { state, sha256: sink.digest() }
      } catch (error) {
        if (!(error instanceof NoRoomError) || !this.#kept) throw error
        await this.#moveToMemory(error)
      }
    }
  }

  /** The disk is full, or became read-only: what came is taken along, and the disk has its space back. */
  async #moveToMemory(reason: NoRoomError): Promise<void> {
    this.#settings.notice(
      `${this.remote.name} is not kept, only loaded: ${reason.message}. See vitrine cache.`,
    )
    const disk = this.#part
    const came: Uint8Array[] = []
    for (let at = 0; at < disk.size; at += tookAtOnce) {
      came.push(await disk.read(at, Math.min(tookAtOnce, disk.size - at)))
    }
    this.#kept = false
    this.#hashing = true
    this.#part = memoryPart(disk.state, came)
    await disk.discard().catch(() => {})
  }

  readonly #events: SinkEvents = {
    grown: (isNew) => {
      if (isNew) this.#generation++
      this.#tell(false)
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

  #tellRetry({ pause, reason }: Retry): void {
    const seconds = Math.round(pause / 100) / 10
    if (this.#onProgress) this.#tell(true, { seconds, reason })
    else this.#settings.notice(`${this.remote.name}: retrying in ${seconds} s: ${reason}`)
  }

  #tell(always: boolean, retry?: DownloadProgress['retry']): void {
    const now = performance.now()
    if (!this.#onProgress || (now - this.#told < tellEvery && !always)) return
    this.#told = now
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

const tookAtOnce = 8 << 20

function fileName({ id }: Remote): string {
  const last = new URL(id).pathname.split('/').at(-1)!
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}
