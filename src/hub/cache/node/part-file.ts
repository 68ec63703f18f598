import * as files from '../../../platform/node/files.ts'
import type { Part } from '../cache.ts'
import { asCacheWriteError, parsePartState, plainName } from '../records.ts'

/** The size of a write. */
const batchBytes = 1 << 20

/**
 * Opens the part in an entry's folder; see FolderCache. Writes are not synced to disk: file systems update a
 * file's size after its data, and an entry that is too short is ignored.
 */
export async function openPartFile(folder: string): Promise<Part> {
  const path = files.join(folder, 'part')
  const statePath = files.join(folder, 'part.json')
  await files.sweepDrafts(folder)
  let state = parsePartState(await files.readText(statePath))
  // Without its record, the part can't be resumed.
  if (!state) await files.removeAll(path)
  let file = await files.openWritable(path)
  let size = file.size
  let batch = new Uint8Array(batchBytes)
  let other = new Uint8Array(batchBytes)
  let batched = 0
  /** The write in progress; the next batch fills meanwhile. */
  let writing: Promise<void> | undefined

  /** Starts a write. The previous one must be done. */
  function write(): void {
    const full = batch
    const length = batched
    batch = other
    other = full
    batched = 0
    writing = file.write(full.subarray(0, length), size).then(() => {
      size += length
    })
    // The next append or flush reports the error.
    writing.catch(() => {})
  }

  async function flush(): Promise<void> {
    await writing
    if (batched > 0) write()
    await writing
  }

  async function close(): Promise<void> {
    await flush().catch(() => {})
    await file.close()
  }

  return {
    get state() {
      return state
    },
    get size() {
      return size
    },
    restart: (next) =>
      asCacheWriteError(async () => {
        await close()
        // A new file, since a suspended process may still write to the old one.
        await files.removeAll(path)
        await files.replaceText(statePath, JSON.stringify(next))
        file = await files.openWritable(path)
        size = file.size
        batched = 0
        writing = undefined
        state = next
      }),
    async append(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + batchBytes - batched)
        batch.set(piece, batched)
        batched += piece.length
        at += piece.length
        if (batched < batchBytes) return
        await asCacheWriteError(async () => writing)
        write()
      }
    },
    flush: () => asCacheWriteError(flush),
    read: (offset, length, buffer) => file.read(offset, length, buffer),
    release() {},
    finish: (info) =>
      asCacheWriteError(async () => {
        await flush()
        const target = plainName(info.file)
        const recorded = { ...info, added: Date.now(), file: target }
        // Remove the old entry, write the record, then rename the file, which completes the entry.
        const infoPath = files.join(folder, 'info.json')
        for (const old of [infoPath, files.join(folder, target)]) await files.removeAll(old)
        await files.replaceText(infoPath, JSON.stringify(recorded))
        await files.rename(path, files.join(folder, target))
        await files.removeAll(statePath)
      }),
    close,
    async discard() {
      await close()
      await files.removeAll(path)
      await files.removeAll(statePath)
      await files.removeEmptyFolder(folder)
    },
  }
}
