import { type FileHandle, open, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import v8 from 'node:v8'
import { SourceError } from '../errors.ts'
import type { Platform, RandomAccessFile } from './platform.ts'

// Two levels below the root both as source (src/platform) and as built (build/node).
const packageRoot = new URL('../../', import.meta.url)

const require = createRequire(import.meta.url)

async function openFile(path: string | URL): Promise<RandomAccessFile> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    throw new SourceError(`Can't open ${path}: ${(cause as Error).message}`, { cause })
  }
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new SourceError(`Can't open ${path}: it is not a regular file.`)
  }
  return {
    size: stat.size,
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
        setFlag: (flag) => v8.setFlagsFromString(flag),
      }
    : undefined,
  yield: () => setImmediate(),
}
