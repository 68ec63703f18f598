import { randomUUID } from 'node:crypto'
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'

/** A file that is written at any place, and can be read meanwhile. */
export interface WritableFile {
  /** Bytes that were there when it was opened. */
  readonly size: number
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Exactly `length` bytes, which were written before. */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a file to write to, made where it is missing. */
export async function openWritable(path: string): Promise<WritableFile> {
  const handle = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return open(path, 'w+')
  })
  const { size } = await handle.stat()
  return {
    size,
    async write(bytes, at) {
      // A disk that is nearly full takes a part, and says why with the next call.
      for (let done = 0; done < bytes.length; ) {
        const { length } = bytes
        done += (await handle.write(bytes, done, length - done, at + done)).bytesWritten
      }
    },
    async read(offset, length, buffer) {
      const bytes =
        buffer && buffer.length >= length ? buffer.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) throw new Error(`${path} was cut off by somebody else`)
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

/** Size in bytes and time of the last change in milliseconds; undefined where there is nothing. */
export async function fileFacts(
  path: string,
): Promise<{ size: number; modified: number } | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && { size: found.size, modified: found.mtimeMs }
}

/** Undefined where there is no such file. */
export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined)

/** Seen whole or not at all, also by who reads it at the same moment. */
export async function replaceText(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await removeAll(temporary)
    throw error
  }
}

/** Makes a file that is not there yet; of several processes one makes it. It is never seen empty. */
export async function createText(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // A file system without hard links.
      await writeFile(path, text, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

export const makeFolder = async (path: string): Promise<void> =>
  void (await mkdir(path, { recursive: true }))

/** The names in a folder; none where there is no such folder. */
export const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => [])

export const removeAll = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 3 })

/** Removes a folder that has nothing in it; leaves any other. */
export const removeEmptyFolder = (path: string): Promise<void> => rmdir(path).catch(() => {})

export const touch = async (path: string): Promise<void> => {
  const now = new Date()
  await utimes(path, now, now)
}

export { join, rename }

/** This process, as others on the same machine or disk can tell it. */
export const ownProcess = () => ({ pid: process.pid, host: os.hostname() })

/** Whether that process is known to be gone; of other machines nothing is known. */
export function isGone({ pid, host }: { pid: number; host: string }): boolean {
  if (host !== os.hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
