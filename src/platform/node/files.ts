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

/** A file for random-access writing and reading. */
export interface WritableFile {
  /** The size when it was opened. */
  readonly size: number
  write(bytes: Uint8Array, at: number): Promise<void>
  /** Exactly `length` bytes that were written before. */
  read(offset: number, length: number, buffer?: Uint8Array): Promise<Uint8Array>
  /** Drops what is after so many bytes. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** Opens a file for writing, and creates it if missing. */
export async function openWritable(path: string): Promise<WritableFile> {
  const handle = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return open(path, 'w+')
  })
  const { size } = await handle.stat()
  return {
    size,
    async write(bytes, at) {
      // A nearly full disk writes a part and reports the error with the next call.
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
        if (bytesRead === 0) throw new Error(`${path} was truncated by another process`)
        done += bytesRead
      }
      return bytes
    },
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  }
}

/** The size in bytes and modification time in milliseconds; undefined if it does not exist. */
export async function fileFacts(
  path: string,
): Promise<{ size: number; modified: number; isFile: boolean } | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found && { size: found.size, modified: found.mtimeMs, isFile: found.isFile() }
}

/** Reads a text file; undefined if that fails. */
export const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined)

/** Replaces a file atomically: concurrent readers see the old or the new text. */
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

/** Creates a file atomically with its contents. Returns false if it exists; of several processes one succeeds. */
export async function createText(path: string, text: string): Promise<boolean> {
  const temporary = draftOf(path)
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // The file system has no hard links.
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

/** The names in a folder; empty if it does not exist. */
export const namesIn = (path: string): Promise<string[]> => readdir(path).catch(() => [])

export const removeAll = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 3 })

/** Removes a folder if it is empty. */
export const removeEmptyFolder = (path: string): Promise<void> => rmdir(path).catch(() => {})

export const touch = async (path: string): Promise<void> => {
  const now = new Date()
  await utimes(path, now, now)
}

export { draftOf, removeIfStale, sweepDrafts } from './drafts.ts'
export { join, rename }

/** Identifies a process to others on the same machine or disk. */
export interface ProcessName {
  readonly pid: number
  /** The host name and, on Linux, the pid namespace. */
  readonly host: string
  /** The start time in milliseconds since 1970, since pids repeat. */
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

/** Tolerance for clock changes while a process runs, in milliseconds. */
const tolerance = 5000

/** Whether a process is known to have ended; false for other machines and containers. */
export function isGone(owner: ProcessName): boolean {
  if (owner.host !== ownHost()) return false
  // This process, or an earlier one with the same pid.
  if (owner.pid === process.pid) return Math.abs(owner.started - started) > tolerance
  try {
    process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
