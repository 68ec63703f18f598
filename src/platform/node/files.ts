import { readlinkSync } from 'node:fs'
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
import { draftOf } from './drafts.ts'

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
): Promise<{ size: number; modified: number; isFile: boolean } | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && { size: found.size, modified: found.mtimeMs, isFile: found.isFile() }
}

/** Undefined where there is no such file. */
export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined)

/** Seen whole or not at all, also by who reads it at the same moment. */
export async function replaceText(path: string, text: string): Promise<void> {
  const temporary = draftOf(path)
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
  const temporary = draftOf(path)
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

export { draftOf, removeIfStale, sweepDrafts } from './drafts.ts'
export { join, rename }

/** A process, as others on the same machine or disk can tell it. */
export interface ProcessName {
  readonly pid: number
  /** The machine, and where it has containers, in which of them the number holds. */
  readonly host: string
  /** When it started, in milliseconds since 1970. Numbers repeat. */
  readonly started: number
}

export const ownProcess = (): ProcessName => ({ pid: process.pid, host: ownHost(), started })

const started = Math.round(Date.now() - process.uptime() * 1000)

function ownHost(): string {
  try {
    return `${os.hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return os.hostname()
  }
}

/** The clock may be set while a process runs. */
const tolerance = 5000

/** Whether that process is known to be gone; of other machines and containers nothing is known. */
export function isGone(owner: ProcessName): boolean {
  if (owner.host !== ownHost()) return false
  // This process, or an earlier one of the same number.
  if (owner.pid === process.pid) return Math.abs(owner.started - started) > tolerance
  try {
    process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
