import * as files from '../../../platform/node/files.ts'
import type { Part } from '../cache.ts'
import { orNoRoom, parsePartState, plainName } from '../records.ts'

/** Bytes are written in pieces of about this many. */
const batchBytes = 1 << 20
/**
 * The part in an entry's folder; see FolderCache. Nothing waits for the disk itself: file systems
 * record how long a file is after what is in it, and an entry that is shorter than it should be is none.
 */
export async function openPartFile(folder: string): Promise<Part> {
  const path = files.join(folder, 'part')
  const statePath = files.join(folder, 'part.json')
  await files.sweepDrafts(folder)
  let state = parsePartState(await files.readText(statePath))
  // Bytes of nobody knows what are of no use.
  if (!state) await files.removeAll(path)
  let file = await files.openWritable(path)
  let size = file.size
  let batch = new Uint8Array(batchBytes)
  let other = new Uint8Array(batchBytes)
  let batched = 0
  /** One write at a time; while it lasts the next batch is collected. */
  let writing: Promise<void> | undefined

  /** To be called when the last one is over. */
  function write(): void {
    const full = batch
    const length = batched
    batch = other
    other = full
    batched = 0
    writing = file.write(full.subarray(0, length), size).then(() => {
      size += length
    })
    // Told to the next who appends or flushes.
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
      orNoRoom(async () => {
        await close()
        // Another file under this name, since somebody who sleeps may still write to the old one.
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
        await orNoRoom(async () => writing)
        write()
      }
    },
    flush: () => orNoRoom(flush),
    read: (offset, length, buffer) => file.read(offset, length, buffer),
    release() {},
    finish: (info) =>
      orNoRoom(async () => {
        await flush()
        const target = plainName(info.file)
        const recorded = { ...info, added: Date.now(), file: target }
        // First nothing is there, then what will be is described, then it is there.
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
