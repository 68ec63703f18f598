import type { Kept, Progress } from './types.ts'

/** Only workers have it, so the types of pages leave it out. It works where `createWritable` is missing. */
interface WritableHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void
    write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number
    flush(): void
    close(): void
  }>
}

/**
 * Checkpoint files in the origin private file system. A file's name begins with its size: one that is shorter was
 * cut off while it was written, and is not listed.
 */
const folder = 'playground-checkpoints'

export async function keep(file: File, onProgress: (progress: Progress) => void): Promise<Kept> {
  // A browser may refuse; then it may remove the files when space is short.
  await navigator.storage.persist?.()
  const directory = await open()
  const id = `${file.size} ${file.name}`
  const handle = (await directory.getFileHandle(id, { create: true })) as WritableHandle
  const access = await handle.createSyncAccessHandle()
  try {
    access.truncate(0)
    let at = 0
    for await (const chunk of chunksOf(file)) {
      at += access.write(chunk, { at })
      onProgress({ phase: 'keep', loaded: at, total: file.size })
    }
    access.flush()
  } catch (error) {
    access.close()
    await directory.removeEntry(id)
    throw error
  }
  access.close()
  return { id, name: file.name, bytes: file.size }
}

export async function listKept(): Promise<Kept[]> {
  const kept: Kept[] = []
  for await (const [id, handle] of (await open()).entries()) {
    if (handle.kind !== 'file') continue
    const { size } = await (handle as FileSystemFileHandle).getFile()
    const [announced, ...name] = id.split(' ')
    if (size === Number(announced)) kept.push({ id, name: name.join(' '), bytes: size })
  }
  return kept.sort((a, b) => a.name.localeCompare(b.name))
}

export async function readKept(id: string): Promise<File> {
  return (await (await open()).getFileHandle(id)).getFile()
}

export async function removeKept(id: string): Promise<void> {
  await (await open()).removeEntry(id)
}

async function open(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(folder, { create: true })
}

/** Not every browser iterates over a stream. */
async function* chunksOf(file: File): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = file.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
