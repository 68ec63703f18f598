import { open, readdir, stat } from 'node:fs/promises'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import v8 from 'node:v8'
import type { Worker } from 'node:worker_threads'
import { inflateRawSync } from 'node:zlib'
import { startComputing, startDecoder } from '#workers'
import { SourceError } from '../../errors.ts'
import { fetchRequest, type HttpGet } from '../http.ts'
import type { Hasher, Platform, RandomAccessFile, WorkerEvents, WorkerHandle } from '../platform.ts'
import { nameOfUrl, visible } from '../url-name.ts'
import { countCores } from './cores.ts'
import { readVariable } from './environment.ts'
import { memoryBytes } from './memory.ts'
import { notes } from './notes.ts'

async function openFile(path: string | URL): Promise<RandomAccessFile> {
  const name = typeof path === 'string' ? visible(path) : nameOfUrl(path)
  const fail = (reason: string, cause?: unknown) =>
    new SourceError(`Can't open ${name}: ${visible(reason)}`, { cause })
  // Checked before opening: opening a named pipe blocks until a writer opens it.
  const found = await stat(path).catch((cause: Error) => {
    throw fail(cause.message, cause)
  })
  if (!found.isFile()) throw fail('it is not a regular file.')
  const handle = await open(path, 'r').catch((cause: Error) => {
    throw fail(cause.message, cause)
  })
  return {
    size: found.size,
    async read(offset, length, buffer) {
      const bytes =
        buffer && buffer.length >= length ? buffer.subarray(0, length) : new Uint8Array(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) {
          throw new SourceError(
            `${name} ended at byte ${offset + done}, ${length - done} too early.`,
          )
        }
        done += bytesRead
      }
      return bytes
    },
    async isUnchanged() {
      const { size, mtimeMs } = await handle.stat()
      return size === found.size && mtimeMs === found.mtimeMs
    },
    close: () => handle.close(),
  }
}

async function hasFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isDirectory()
}

async function filesIn(path: string): Promise<string[] | undefined> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  // A link may point to a file; opening it will show.
  return entries
    ?.filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
}

async function foldersIn(path: string): Promise<string[] | undefined> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return undefined
  const isFolder = async (name: string) =>
    (await stat(join(path, name)).catch(() => undefined))?.isDirectory() ?? false
  const names: string[] = []
  for (const entry of entries) {
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(entry.name)))) {
      names.push(entry.name)
    }
  }
  return names
}

/** The HTTP client is loaded on demand, since most programs only read files. */
const request: HttpGet = async (url, options) =>
  /^https?:/i.test(url)
    ? (await import('./http.ts')).request(url, options)
    : fetchRequest(fetch)(url, options)

async function sha256(): Promise<Hasher> {
  const hash = (await import('node:crypto')).createHash('sha256')
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
}

/** Wraps a worker of Node, Deno or Bun. */
function handleOf(worker: Worker, events: WorkerEvents): WorkerHandle {
  let reason: string | undefined
  worker.on('message', events.message)
  worker.on('error', (error) => {
    reason ??= error instanceof Error ? error.message : String(error)
  })
  let over = false
  const end = (why: string) => {
    if (!over) events.ended(reason ?? why)
    over = true
  }
  worker.once('exit', (code) => end(`it ended with code ${code}`))
  worker.unref()
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    keepAlive: (busy) => void (busy ? worker.ref() : worker.unref()),
    terminate() {
      reason ??= 'it was terminated'
      void worker.terminate()
      // Node reports the exit when the thread has stopped. Bun may never report it, Deno too early.
      if (!isNode) queueMicrotask(() => end('it was terminated'))
    },
  }
}

// Deno and Bun emulate Node, but can't set engine flags at run time.
const isNode = process.versions.bun === undefined && process.versions.deno === undefined

export const platform: Platform = {
  name: 'node',
  inflateRaw: async (deflated) => inflateRawSync(deflated),
  openFile,
  hasFile,
  filesIn,
  foldersIn,
  siblingPath: (path, name) => join(dirname(path), name),
  baseUrl: () => undefined,
  request,
  cachesWholeAnswers: false,
  notes,
  sha256,
  environment: readVariable,
  memoryBytes,
  v8: isNode
    ? {
        version: process.versions.v8,
        architecture: process.arch,
        processor: () => os.cpus()[0]?.model ?? '',
        startedWith: (flag) =>
          [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes(flag)),
        setFlag: (flag) => v8.setFlagsFromString(flag),
      }
    : undefined,
  threads: {
    obstacle: () =>
      typeof SharedArrayBuffer === 'function' ? undefined : 'this runtime has no SharedArrayBuffer',
    cores: () => countCores(),
    mayBlock: () => true,
    endIsImmediate: isNode,
    start: (events) => handleOf(startComputing(), events),
    startDecoder: (events) => handleOf(startDecoder(), events),
  },
  yield: () => setImmediate(),
}
