import { blobSource } from '../../../checkpoint/source/memory.ts'
import type {
  Cache,
  DamagedInfo,
  EntryInfo,
  Listing,
  LockOptions,
  Part,
  PartialInfo,
  Whole,
} from '../cache.ts'
import { gather } from '../gather.ts'
import { checkKey, isKey, parseObject, parsePartState, parseRecorded } from '../records.ts'

/** What the browser's storages have in common. Names have one slash: `key/what`. */
export interface Blobs {
  get(name: string): Promise<Blob | undefined>
  /**
   * Stores a blob atomically.
   * @throws CacheWriteError
   */
  put(name: string, parts: readonly Uint8Array[]): Promise<void>
  delete(name: string): Promise<void>
  names(): Promise<string[]>
}

/** The segment size. A segment is buffered in memory until it is full, so closing a tab loses at most one. */
const segmentBytes = 8 << 20

/**
 * A cache in a store of immutable blobs. A file is stored in segments named by their offsets,
 * `key/000000000000` and so on, which are concatenated to one Blob for reading. `key/part` is the record of a
 * partial download; `key/entry`, written last, makes it a complete entry.
 */
export class SegmentCache implements Cache {
  readonly kind
  readonly place: string
  readonly #blobs: Blobs

  constructor(kind: Cache['kind'], place: string, blobs: Blobs) {
    this.kind = kind
    this.place = place
    this.#blobs = blobs
  }

  async find(key: string): Promise<Whole | undefined> {
    checkKey(key)
    const info = await this.#info(key)
    if (!info) return undefined
    const { segments, size } = await readSegments(this.#blobs, key)
    if (size !== info.size) return undefined
    await this.#blobs.put(`${key}/used`, []).catch(() => {})
    const blob = new Blob(segments)
    return { info, open: async () => ({ ...blobSource(blob), name: info.name }) }
  }

  async begin(key: string): Promise<Part> {
    checkKey(key)
    return openSegments(this.#blobs, key)
  }

  /** Uses the Web Locks API, whose locks end with the tab. Insecure pages lack it and run without locks. */
  async lock(key: string, { signal, onWait }: LockOptions = {}): Promise<() => Promise<void>> {
    checkKey(key)
    const free = await acquire(key, { ifAvailable: true })
    if (free) return free
    onWait?.()
    return (await acquire(key, signal ? { signal } : {}))!
  }

  async list(): Promise<Listing> {
    const whole: EntryInfo[] = []
    const partial: PartialInfo[] = []
    const damaged: DamagedInfo[] = []
    const names = await this.#blobs.names()
    for (const key of new Set(names.map((name) => name.split('/')[0]!).filter(isKey))) {
      const { size } = await readSegments(this.#blobs, key)
      const info = await this.#info(key)
      const state = await readState(this.#blobs, key)
      if (info?.size === size) whole.push(info)
      else if (state && size > 0) partial.push({ key, name: state.name, size, used: 0 })
      else if (!state && (size > 0 || names.includes(`${key}/entry`))) {
        const { name } = parseObject(await this.#text(`${key}/entry`)) ?? {}
        damaged.push({ key, name: typeof name === 'string' ? name : key, size, used: 0 })
      }
    }
    return { whole, partial, ...(damaged.length > 0 && { damaged }) }
  }

  async remove(key: string): Promise<boolean> {
    checkKey(key)
    const unlock = await acquire(key, { ifAvailable: true })
    if (!unlock) return false
    await removeEntry(this.#blobs, key)
    await unlock()
    return true
  }

  async #info(key: string): Promise<EntryInfo | undefined> {
    const recorded = parseRecorded(await this.#text(`${key}/entry`))
    if (!recorded) return undefined
    const touched = await this.#blobs.get(`${key}/used`)
    const used = (touched as File | undefined)?.lastModified ?? recorded.added
    return { ...recorded, key, used }
  }

  async #text(name: string): Promise<string | undefined> {
    return (await this.#blobs.get(name))?.text()
  }
}

/** Requests a Web Lock; undefined if it is taken and `ifAvailable` is set. */
function acquire(
  key: string,
  options: { ifAvailable?: boolean; signal?: AbortSignal },
): Promise<(() => Promise<void>) | undefined> {
  const { locks } = globalThis.navigator ?? {}
  if (!locks) return Promise.resolve(async () => {})
  return new Promise((resolve, reject) => {
    const hold = (lock: unknown) => {
      if (!lock) return resolve(undefined)
      return new Promise<void>((release) => {
        resolve(async () => release())
      })
    }
    locks.request(`vitrine-hub/${key}`, options, hold).catch(reject)
  })
}

const isSegment = (name: string, key: string) => /^\d+$/.test(name.slice(key.length + 1))

/** The contiguous segments from offset 0 on. */
async function readSegments(
  blobs: Blobs,
  key: string,
): Promise<{ segments: Blob[]; size: number }> {
  const names = await blobs.names()
  const own = names.filter((name) => name.startsWith(`${key}/`) && isSegment(name, key)).sort()
  const segments: Blob[] = []
  let size = 0
  for (const name of own) {
    const blob = await blobs.get(name)
    if (!blob || name !== segmentName(key, size)) break
    segments.push(blob)
    size += blob.size
  }
  return { segments, size }
}

const segmentName = (key: string, at: number) => `${key}/${String(at).padStart(15, '0')}`

const readState = async (blobs: Blobs, key: string) =>
  parsePartState(await (await blobs.get(`${key}/part`))?.text())

/** Deletes `entry` first, so that a partly removed entry is not found. */
async function removeEntry(blobs: Blobs, key: string): Promise<void> {
  const own = (await blobs.names()).filter((name) => name.startsWith(`${key}/`))
  for (const name of [`${key}/entry`, ...own]) await blobs.delete(name)
}

const jsonBytes = (value: unknown) => [new TextEncoder().encode(JSON.stringify(value))]

async function openSegments(blobs: Blobs, key: string): Promise<Part> {
  let state = await readState(blobs, key)
  if (!state) await removeEntry(blobs, key)
  let { segments, size: stored } = await readSegments(blobs, key)
  let joined = new Blob(segments)
  let batch: Uint8Array[] = []
  let batched = 0

  async function store(): Promise<void> {
    if (batched === 0) return
    const name = segmentName(key, stored)
    await blobs.put(name, batch)
    segments.push((await blobs.get(name))!)
    joined = new Blob(segments)
    stored += batched
    batch = []
    batched = 0
  }

  return {
    get state() {
      return state
    },
    get size() {
      return stored + batched
    },
    async restart(next) {
      await removeEntry(blobs, key)
      await blobs.put(`${key}/part`, jsonBytes(next))
      segments = []
      joined = new Blob()
      stored = 0
      batch = []
      batched = 0
      state = next
    },
    async append(bytes) {
      batch.push(new Uint8Array(bytes))
      batched += bytes.length
      if (batched >= segmentBytes) await store()
    },
    flush: async () => {},
    async read(offset, length) {
      const end = offset + length
      const recent = gather(batch, Math.max(0, offset - stored), Math.max(0, end - stored))
      if (recent.length === length) return recent
      const bytes = new Uint8Array(length)
      bytes.set(recent, length - recent.length)
      bytes.set(new Uint8Array(await joined.slice(offset, end - recent.length).arrayBuffer()))
      return bytes
    },
    release() {},
    async finish(info) {
      await store()
      await blobs.put(`${key}/entry`, jsonBytes({ ...info, key, added: Date.now() }))
      await blobs.delete(`${key}/part`)
    },
    close: () => store().catch(() => {}),
    async discard() {
      await removeEntry(blobs, key)
    },
  }
}
