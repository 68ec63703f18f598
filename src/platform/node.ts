import { open, readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import v8 from 'node:v8'
import { SourceError } from '../errors.ts'
import type { Platform, RandomAccessFile } from './platform.ts'

// Two levels below the root both as source (src/platform) and as built (build/node).
const packageRoot = new URL('../../', import.meta.url)

const require = createRequire(import.meta.url)

async function openFile(path: string | URL): Promise<RandomAccessFile> {
  const fail = (reason: string, cause?: unknown) =>
    new SourceError(`Can't open ${path}: ${reason}`, { cause })
  // Looked at before it is opened: opening a named pipe waits for somebody who writes to it.
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
            `${path} ended at byte ${offset + done}, ${length - done} too early.`,
          )
        }
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

// Deno and Bun play Node, but their engines take no flags at run time.
const isNode = process.versions.bun === undefined && process.versions.deno === undefined

export const platform: Platform = {
  name: 'node',
  readAsset: (path) => readFile(new URL(path, packageRoot)),
  readDependency: (specifier) => readFile(require.resolve(specifier)),
  openFile,
  environment: (name) => process.env[name],
  v8: isNode
    ? {
        version: process.versions.v8,
        architecture: process.arch,
        startedWith: (flag) =>
          [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) => text.includes(flag)),
        setFlag: (flag) => v8.setFlagsFromString(flag),
      }
    : undefined,
  yield: () => setImmediate(),
}
