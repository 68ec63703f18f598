import { platform } from '#platform'
import { fileSource } from '../../checkpoint/source/memory.ts'
import * as files from '../../platform/files-node.ts'
import type { Cache, EntryInfo, LockOptions, Part, PartialInfo, Whole } from './cache.ts'
import { lockFile, tryLockFile } from './lock.ts'
import { openPartFile } from './part-file.ts'
import { orNoRoom, parse } from './records.ts'

/** What stands in `info.json`; the key is the folder's name. */
type Recorded = Omit<EntryInfo, 'key' | 'used'>

/**
 * A cache in a folder of the file system. Every entry has a folder of its own, named by its key:
 *
 * - `info.json` and the file itself, under its own name: a whole entry, if the file is as long as
 *   the first one says. The file gets its name last, so there is no moment of half an entry.
 * - `part` and `part.json`: what came so far.
 *
 * Locks are in a folder beside, so that an entry can be removed with all that is in it.
 */
export class FolderCache implements Cache {
  readonly kind = 'files'
  readonly place: string

  /** @param place a folder, made when it is needed */
  constructor(place: string) {
    this.place = place
  }

  async find(key: string): Promise<Whole | undefined> {
    const found = await this.#read(key)
    if (!found) return undefined
    const { info, path } = found
    // So that the others go first. In a cache that is read-only nothing goes.
    await files.touch(this.#infoPath(key)).catch(() => {})
    return {
      info,
      path,
      open: async () => fileSource(await platform.openFile(path), info.name),
    }
  }

  async begin(key: string): Promise<Part> {
    return orNoRoom(async () => {
      await files.makeFolder(this.#folder(key))
      return openPartFile(this.#folder(key))
    })
  }

  async lock(key: string, options: LockOptions = {}): Promise<() => Promise<void>> {
    return orNoRoom(async () => {
      await files.makeFolder(this.#locks)
      return lockFile(this.#lockPath(key), options)
    })
  }

  async list(): Promise<{ whole: EntryInfo[]; partial: PartialInfo[] }> {
    const whole: EntryInfo[] = []
    const partial: PartialInfo[] = []
    for (const key of await files.namesIn(this.place)) {
      if (!/^[0-9a-f]+$/.test(key)) continue
      const found = await this.#read(key)
      if (found) whole.push(found.info)
      const facts = await files.fileFacts(files.join(this.#folder(key), 'part'))
      if (!facts) continue
      const state = parse<{ name: string }>(
        await files.readText(files.join(this.#folder(key), 'part.json')),
      )
      partial.push({ key, name: state?.name ?? key, size: facts.size, used: facts.modified })
    }
    return { whole, partial }
  }

  async remove(key: string): Promise<boolean> {
    await files.makeFolder(this.#locks)
    const unlock = await tryLockFile(this.#lockPath(key))
    if (!unlock) return false
    try {
      // Away in one step; what is left of it, if this is where the process ends, is no entry.
      const gone = files.join(this.place, `${key}.gone-${crypto.randomUUID()}`)
      await files.rename(this.#folder(key), gone).catch(() => {})
      const left = (await files.namesIn(this.place)).filter((name) => name.includes('.gone-'))
      for (const name of left) await files.removeAll(files.join(this.place, name))
    } finally {
      await unlock()
    }
    return true
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
    const recorded = parse<Recorded>(await files.readText(this.#infoPath(key)))
    if (!recorded) return undefined
    const path = files.join(this.#folder(key), recorded.file)
    const facts = await files.fileFacts(path)
    if (facts?.size !== recorded.size) return undefined
    const used = (await files.fileFacts(this.#infoPath(key)))?.modified ?? recorded.added
    return { info: { ...recorded, key, used }, path }
  }
}
