import { platform } from '#platform'
import { fileSource } from '../../../checkpoint/source/file.ts'
import * as files from '../../../platform/node/files.ts'
import {
  type Cache,
  CacheWriteError,
  type DamagedInfo,
  type EntryInfo,
  type Listing,
  type LockOptions,
  type Part,
  type PartialInfo,
  type Whole,
} from '../cache.ts'
import {
  asCacheWriteError,
  checkKey,
  isKey,
  parseObject,
  parsePartState,
  parseRecorded,
  plainName,
} from '../records.ts'
import { lockFile, tryLockFile } from './lock.ts'
import { openPartFile } from './part-file.ts'

/**
 * A cache in a folder. Each entry has a subfolder named by its key:
 *
 * - `info.json` and the file under its own name: a complete entry, if the size matches. The file is renamed
 *   last, so an incomplete entry is never visible.
 * - `part` and `part.json`: an incomplete download.
 *
 * Locks are in a separate folder, so that an entry's folder can be removed as a whole.
 */
export class FolderCache implements Cache {
  readonly kind = 'files'
  readonly place: string

  /** @param place the folder, created when needed */
  constructor(place: string) {
    this.place = place
  }

  async find(key: string): Promise<Whole | undefined> {
    checkKey(key)
    const found = await this.#read(key)
    if (!found) return undefined
    const { info, path } = found
    // The time of last use, for eviction. A read-only cache evicts nothing.
    await files.touch(this.#infoPath(key)).catch(() => {})
    return {
      info,
      path,
      open: async () => fileSource(await platform.openFile(path), info.name),
    }
  }

  async begin(key: string): Promise<Part> {
    checkKey(key)
    return asCacheWriteError(async () => {
      await this.#sweep()
      await files.makeFolder(this.#folder(key))
      return openPartFile(this.#folder(key))
    })
  }

  async lock(key: string, options: LockOptions = {}): Promise<() => Promise<void>> {
    checkKey(key)
    return asCacheWriteError(async () => {
      await files.makeFolder(this.#locks)
      return lockFile(this.#lockPath(key), options)
    })
  }

  async list(): Promise<Listing> {
    const whole: EntryInfo[] = []
    const partial: PartialInfo[] = []
    const damaged: DamagedInfo[] = []
    for (const key of (await files.namesIn(this.place)).filter(isKey)) {
      const found = await this.#read(key)
      const part = await this.#readPart(key)
      if (found) whole.push(found.info)
      // An empty part does not count.
      if (part && part.size > 0) partial.push(part)
      const broken = found || part ? undefined : await this.#readDamaged(key)
      if (broken) damaged.push(broken)
    }
    return { whole, partial, ...(damaged.length > 0 && { damaged }) }
  }

  async remove(key: string): Promise<boolean> {
    checkKey(key)
    return asCacheWriteError(async () => {
      await files.makeFolder(this.#locks)
      const unlock = await tryLockFile(this.#lockPath(key))
      if (!unlock) return false
      try {
        // Renamed in one step, so that a process killed here leaves no half-removed entry.
        const gone = files.join(this.place, `${key}.gone-${crypto.randomUUID()}`)
        await files.rename(this.#folder(key), gone).catch((cause: Error & { code?: string }) => {
          if (cause.code !== 'ENOENT') throw new CacheWriteError(cause.message, { cause })
        })
        await this.#removeGone()
      } finally {
        await unlock()
      }
      return true
    })
  }

  /** Removes leftovers of killed processes. */
  async #sweep(): Promise<void> {
    await this.#removeGone()
    for (const name of await files.namesIn(this.#locks)) {
      // The holder of a lock touches it every second.
      if (isKey(name)) await files.removeIfStale(files.join(this.#locks, name))
    }
    await files.sweepDrafts(this.#locks)
  }

  async #removeGone(): Promise<void> {
    for (const name of await files.namesIn(this.place)) {
      if (/^[0-9a-f]+\.gone-/.test(name)) await files.removeAll(files.join(this.place, name))
    }
  }

  get #locks(): string {
    return files.join(this.place, 'locks')
  }

  #lockPath(key: string): string {
    return files.join(this.#locks, key)
  }

  #folder(key: string): string {
    return files.join(this.place, key)
  }

  #infoPath(key: string): string {
    return files.join(this.#folder(key), 'info.json')
  }

  async #read(key: string): Promise<{ info: EntryInfo; path: string } | undefined> {
    const recorded = parseRecorded(await files.readText(this.#infoPath(key)))
    if (!recorded || recorded.file !== plainName(recorded.file)) return undefined
    const path = files.join(this.#folder(key), recorded.file)
    const facts = await files.fileFacts(path)
    if (!facts?.isFile || facts.size !== recorded.size) return undefined
    const used = (await files.fileFacts(this.#infoPath(key)))?.modified ?? recorded.added
    return { info: { ...recorded, key, used }, path }
  }

  async #readPart(key: string): Promise<PartialInfo | undefined> {
    const state = parsePartState(await files.readText(files.join(this.#folder(key), 'part.json')))
    const facts = await files.fileFacts(files.join(this.#folder(key), 'part'))
    if (!state || !facts?.isFile) return undefined
    return { key, name: state.name, size: facts.size, used: facts.modified }
  }

  /** Undefined for empty folders. */
  async #readDamaged(key: string): Promise<DamagedInfo | undefined> {
    let size = 0
    let used = 0
    for (const name of await files.namesIn(this.#folder(key))) {
      const facts = await files.fileFacts(files.join(this.#folder(key), name))
      size += facts?.isFile ? facts.size : 0
      used = Math.max(used, facts?.modified ?? 0)
    }
    if (size === 0) return undefined
    const { name } = parseObject(await files.readText(this.#infoPath(key))) ?? {}
    return { key, name: typeof name === 'string' ? name : key, size, used }
  }
}
