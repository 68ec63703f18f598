import { CacheWriteError } from '../cache.ts'
import type { Blobs } from './segments.ts'

const folderName = 'vitrine-hub'

/** Blobs in the origin's private file system; undefined where it is not available. */
export async function opfsBlobs(): Promise<Blobs | undefined> {
  const storage = globalThis.navigator?.storage
  if (!storage?.getDirectory || !globalThis.FileSystemFileHandle?.prototype.createWritable) {
    return undefined
  }
  // Rejected in private windows of some browsers, and for pages without storage permission.
  const root = await storage.getDirectory().catch(() => undefined)
  const folder = await root?.getDirectoryHandle(folderName, { create: true }).catch(() => undefined)
  if (!folder) return undefined
  const parts = (name: string) => name.split('/') as [key: string, file: string]
  const inside = (key: string, create: boolean) =>
    folder.getDirectoryHandle(key, { create }).catch(refused(!create))
  return {
    async get(name) {
      const [key, file] = parts(name)
      const handle = await (await inside(key, false))?.getFileHandle(file).catch(() => undefined)
      return handle?.getFile()
    },
    async put(name, chunks) {
      const [key, file] = parts(name)
      try {
        const handle = await (await inside(key, true))!.getFileHandle(file, { create: true })
        // Writes go to a temporary file that replaces the old one on close.
        const writable = await handle.createWritable()
        try {
          await writable.write(new Blob(chunks as Uint8Array<ArrayBuffer>[]))
          await writable.close()
        } catch (error) {
          await writable.abort().catch(() => {})
          throw error
        }
      } catch (cause) {
        throw cause instanceof CacheWriteError ? cause : writeError(cause)
      }
    },
    async delete(name) {
      const [key, file] = parts(name)
      const own = await inside(key, false)
      await own?.removeEntry(file).catch(() => {})
      // Fails, as intended, if the folder is not empty.
      await folder.removeEntry(key).catch(() => {})
    },
    async names() {
      const names: string[] = []
      for await (const [key, own] of entriesOf(folder)) {
        if (own.kind !== 'directory') continue
        for await (const [file] of entriesOf(own as FileSystemDirectoryHandle)) {
          names.push(`${key}/${file}`)
        }
      }
      return names
    },
  }
}

/** TypeScript's types lack the iterator. */
const entriesOf = (folder: FileSystemDirectoryHandle) =>
  folder as unknown as AsyncIterable<[name: string, handle: FileSystemHandle]>

const writeError = (cause: unknown) => new CacheWriteError((cause as Error).message, { cause })

const refused = (isFine: boolean) => (cause: unknown) => {
  if (isFine) return undefined
  throw writeError(cause)
}
